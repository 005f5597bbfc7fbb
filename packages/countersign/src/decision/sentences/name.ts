import type { RefusalFacts } from '../facts.ts'
import { list, problems, type Sentences, type SentencesOf, shown } from '../sentence.ts'

/** What a name is looked for as, with where. */
const sought = ({ what, stage, change }: RefusalFacts['name.unknown']): string =>
  what === 'item'
    ? `item at ${shown(stage)}`
    : what === 'private value'
      ? `private value in ${shown(change)} in the field`
      : what === 'dependent change'
        ? `change that depends on ${shown(change)}`
        : shown(what)

/** What has a name already. */
const held = ({ what, name, team }: RefusalFacts['name.taken']): string =>
  what === 'exclusion' ? `exclusion of ${shown(name)} in ${shown(team)}` : `${shown(what)} ${shown(name)}`

const notErasable = ({ problem, name }: RefusalFacts['erasure.impossible']): string =>
  problem === 'name in clear'
    ? `the name of ${shown(name)} stands in clear in the trail, and nothing can be taken out of it`
    : 'they have not left'

const unfit = ({ problem, origin }: RefusalFacts['key.unfit']): string =>
  problem === 'other name'
    ? `its name is not that of the trail, ${shown(origin)}`
    : problem === 'retired'
      ? 'it was the key of the trail before'
      : 'a key of the trail had the same key id'

/** How something is already. */
function already(f: RefusalFacts['nothing-to-do']): string {
  switch (f.state) {
    case 'controller':
      return `the one who answers for ${shown(f.bot)}`
    case 'same person':
      return `the same person as ${shown(f.is)}`
    case 'without role':
      return `without ${shown(f.role)} in ${shown(f.team)}`
    case 'without absence':
      return `without an absence from ${shown(f.from)} until ${shown(f.until)}`
    case 'in column':
      return `in ${shown(f.column)}`
    case 'in category':
      return `of the category ${shown(f.category)}`
    case 'glass broken':
      return 'one on which the glass was broken'
    case 'vetoing':
      return 'vetoing it'
    case 'under policy in force':
      return 'under the policy in force'
    default:
      return shown(f.state)
  }
}

/** Names, and commands as such. */
export const ofName: SentencesOf<'trail' | 'name' | 'person' | 'erasure' | 'key' | 'command'> &
  Pick<Sentences, 'nothing-to-do'> = {
  'trail.unfounded': f => ({
    because: 'the trail is not founded yet, so nobody is known in it and nothing can be done',
    help: `Found it first (${shown(f.first)}): that names the trail and its first administrators.`,
  }),
  'name.unknown': f =>
    f.what === 'controls in force'
      ? {
          because: `no controls are in force, and the policy is to comply with ${shown(f.name)}`,
          help: 'Propose the controls, and have another administrator adopt them, first (proposeControls, adoptControls).',
        }
      : { because: `there is no ${sought(f)} ${shown(f.name)}${shown(f.near ?? '')}`, help: 'Check the name.' },
  'name.taken': f =>
    f.what === 'excluded role'
      ? {
          because: `an exclusion needs two different roles, and ${shown(f.name)} alone was named`,
          help: 'Name another role beside it: one that is named twice counts once.',
        }
      : {
          because: `the ${held(f)} is there already`,
          help: f.what === 'trail' ? 'A trail is founded once; go on with it.' : 'Choose another name.',
        },
  'name.confusable': f => ({
    because: `the ${shown(f.what)} ${shown(f.name)} looks like ${shown(f.like)}, which is there already`,
    help: 'Choose a name that nobody could mistake for the other.',
  }),
  'person.erased': f => ({
    because: `${shown(f.person)} was erased, and can neither return nor have another account`,
    help: 'Register the person anew, under another id.',
  }),
  'erasure.impossible': f => ({
    because: `${shown(f.person)} cannot be erased: ${notErasable(f)}`,
    help: 'Register people by a commitment to their name, and record that they have left first.',
  }),
  'key.unfit': f => ({
    because: `${shown(f.key)} cannot be the key of the trail: ${unfit(f)}`,
    help: 'Make a new key with countersign keygen, by the name of the trail.',
  }),
  'command.malformed': f => ({
    because: `this is no whole command: ${problems(f.problems)}`,
    help: 'Mend what is named and hand it in again.',
  }),
  'command.id-reused': f => ({
    because: `the id ${shown(f.id)} was used for another command (entry ${shown(f.seq)})`,
    help: 'Give each command an id of its own; send the same id only to repeat the same command.',
  }),
  'nothing-to-do': f => ({
    because: `${shown(f.what ?? f.person ?? f.digest ?? f.delegation)}${f.fields === undefined ? '' : ` (${list(f.fields).join(', ')})`} is ${already(f)} already`,
    help:
      f.state === 'glass broken'
        ? 'On one change it is broken once. Within its time a holder of the role may put it into effect; once that is over, or it is another round or category, everything before is given as ever: see `explain` for who can.'
        : f.owner === undefined
          ? 'Nothing has to be done.'
          : `Nothing has to be moved: give it to ${shown(f.owner)} with a command of its own (assign).`,
  }),
}
