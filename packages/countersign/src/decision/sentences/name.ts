import { problems, type Sentences, type SentencesOf, shown } from '../sentence.ts'

/** Names, and commands as such. */
export const ofName: SentencesOf<'trail' | 'name' | 'erasure' | 'key' | 'command'> & Pick<Sentences, 'nothing-to-do'> =
  {
    'trail.unfounded': f => ({
      because: 'the trail is not founded yet, so nobody is known in it and nothing can be done',
      help: `Found it first (${shown(f.first)}): that names the trail and its first administrators.`,
    }),
    'name.unknown': f => ({
      because: `there is no ${shown(f.what)} ${shown(f.name)}${shown(f.near ?? '')}`,
      help: 'Check the name.',
    }),
    'name.taken': f =>
      f.what === 'change in the order'
        ? {
            because: `the order names ${shown(f.name)} twice`,
            help: 'Name each change once, in the place that it is to have.',
          }
        : {
            because: `the ${shown(f.what)} ${shown(f.name)} is there already`,
            help: f.what === 'trail' ? 'A trail is founded once; go on with it.' : 'Choose another name.',
          },
    'name.confusable': f => ({
      because: `the ${shown(f.what)} ${shown(f.name)} looks like ${shown(f.like)}, which is there already`,
      help: 'Choose a name that nobody could mistake for the other.',
    }),
    'erasure.impossible': f => ({
      because: `${shown(f.person)} cannot be erased: ${shown(f.problem)}`,
      help: 'Register people by a commitment to their name, and record that they have left first.',
    }),
    'key.unfit': f => ({
      because: `${shown(f.key)} cannot be the key of the trail: ${shown(f.problem)}`,
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
      because: `${shown(f.what ?? f.person ?? f.digest ?? f.delegation)} is ${shown(f.state)} already`,
      help: 'Nothing has to be done.',
    }),
  }
