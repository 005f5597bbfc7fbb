import { orList } from '../values/near.ts'
import type { Facts, FactValue, Refusal, RefusalCode } from './refusal.ts'

/** A refusal told to a person: why, and what would help. */
export interface Description {
  readonly because: string
  readonly help: string
}

const shown = (value: FactValue | undefined): string => {
  if (value === undefined || value === null) return 'nobody'
  if (typeof value === 'object') return Array.isArray(value) ? orList(value.map(shown)) : JSON.stringify(value)
  return String(value)
}

const list = (value: FactValue | undefined): string[] => (Array.isArray(value) ? value.map(shown) : [])
const short = (value: FactValue | undefined) => `${shown(value).slice(0, 12)}…`

/** Whom to ask. */
const able = (facts: Facts, otherwise: string): string => {
  const persons = list(facts.able)
  if (persons.length === 0) return otherwise
  return facts.others === undefined
    ? `${orList(persons)} could do it.`
    : `${persons.join(', ')} or any of ${shown(facts.others)} others could do it.`
}

/** `, and waits for 1 of tester` */
const waits = (facts: Facts): string => {
  const missing = Object.entries((facts.waitsFor ?? {}) as Facts).map(([role, count]) => `${shown(count)} of ${role}`)
  return missing.length === 0 ? '' : `, waiting for ${missing.join(' and ')}`
}

const problems = (facts: Facts): string =>
  (Array.isArray(facts.problems) ? (facts.problems as readonly Facts[]) : [])
    .map(one => `${shown(one.field ?? one.where)}: ${shown(one.problem)}`)
    .join('; ')

const stages = (facts: Facts): string =>
  (Array.isArray(facts.stages) ? (facts.stages as readonly Facts[]) : [])
    .map(one => {
      const missing = Object.entries((one.missing ?? {}) as Facts).map(([role, count]) => `${shown(count)} of ${role}`)
      return `${shown(one.stage)} is ${shown(one.status)}${missing.length === 0 ? '' : ` and lacks ${missing.join(', ')}`}`
    })
    .join('; ')

/** `a review at audit by 2026-…` */
const owed = (facts: Facts): string =>
  (Array.isArray(facts.owed) ? (facts.owed as readonly Facts[]) : [])
    .map(one => `a ${shown(one.kind)} at ${shown(one.stage)}, due at ${shown(one.due)}`)
    .join(', and ')

/** Why somebody may not act in a role; for a principal it is asked only what they may do for that one. */
function withoutRole(facts: Facts): string {
  const [person, roles] = [shown(facts.person), shown(facts.roles)]
  if (facts.principal === facts.person) return `\`for\` names the one acted for, and ${person} is the one who acts`
  if (facts.principal !== undefined)
    return `${person} has no delegation from ${shown(facts.principal)} for ${roles} that counts here`
  return roles === ''
    ? `${person} may not do this here`
    : `${person} does not hold ${roles} here, or may not act in it while absent`
}

/** Why a time cannot be given: it comes out of its order, is too long, is over, or does not run forward. */
function interval({ from, until, after, atMost }: Facts): Description {
  if (after !== undefined)
    return {
      because: `one of its intervals would begin (${shown(from)}) before the one before it ends (${shown(after)})`,
      help: 'Give them in their order, and those that overlap as one.',
    }
  const [isForward, isLimited] = [shown(until) > shown(from), atMost !== undefined]
  if (isForward && isLimited)
    return {
      because: `it would last until ${shown(until)}, and ${shown(atMost)} from ${shown(from)} is the longest that is allowed`,
      help: 'Give an end within that time; when it is over, another one can be asked for.',
    }
  // What runs forward and has no limit is refused only where it is over, and what has one begins now.
  if (isForward || isLimited)
    return {
      because: `it would be over already, as it ends at ${shown(until)}`,
      help: 'Give an end that is still to come.',
    }
  return {
    because: `it would end (${shown(until)}) no later than it begins (${shown(from)})`,
    help: 'Give an end after the beginning.',
  }
}

const administrators = (facts: Facts) => `Ask an administrator: ${shown(facts.administrators)}.`

type Sentence = (facts: Facts) => Description

const sentences: Record<RefusalCode, Sentence> = {
  'identity.unknown-account': f => ({
    because: `nobody is known by the account ${shown(f.account)}${shown(f.near ?? '')}`,
    help: 'An administrator can register the person, or link the account to one.',
  }),
  'identity.departed': f => ({
    because: `${shown(f.person)} left on ${shown(f.at)}`,
    help: 'Another holder of the role, or the role that stands in for it, can act instead.',
  }),
  'identity.bot': f => ({
    because: `${shown(f.bot)} is a robot, and this asks for a person's judgement`,
    help: 'A person who holds the role has to do it, by their own account.',
  }),
  'identity.no-controller': f => ({
    because: `nobody answers for the robot ${shown(f.bot)}`,
    help: 'An administrator has to register it with the person who controls it.',
  }),
  'identity.own-controller': f => ({
    because: `${shown(f.bot)} cannot be its own controller: a robot answers to a natural person`,
    help: 'Name the person who answers for it, and give the robot an id of its own.',
  }),
  'duty.conflict': f => ({
    because:
      `${shown(f.because)}${f.clause === undefined ? '' : ` (${shown(f.clause)})`}: ${shown(f.person)} ${shown(f.how)} at revision ${shown(f.revision)}` +
      (f.link === 'principal'
        ? ', and is the one acted for'
        : f.link === 'controller'
          ? ', and controls this robot'
          : f.link === 'link'
            ? ', and passed the delegation on'
            : f.link === 'requester'
              ? ', and has asked for it'
              : '') +
      (f.on === undefined ? '' : `, on ${shown(f.on)}, with which this change belongs`),
    help:
      f.link === 'requester'
        ? 'What was asked for by one person and made by the same is cancelled, and asked for by somebody else, unless an exception is granted.'
        : able(f, 'Somebody who had no part in it has to do this.'),
  }),
  'duty.second-person': f => ({
    because: `${shown(f.person)} cannot ${shown(f.what)} alone: it takes a second person`,
    help: able(f, 'Somebody else, who gains nothing by it, has to do it.'),
  }),
  'role.exclusive': f => ({
    because: `${shown(f.because)}: ${shown(f.person)} would hold more than one of ${shown(f.roles)} in ${shown(f.team)}`,
    help: 'Revoke the other role first, or give this one to somebody else.',
  }),
  'authority.not-administrator': f => ({
    because: `${shown(f.person)} is no administrator`,
    help: administrators(f),
  }),
  'authority.no-role': f => ({
    because: withoutRole(f),
    help:
      (f.principal !== undefined && list(f.able).includes(shown(f.person))
        ? 'Leave out `for`, or name somebody who has delegated it: '
        : '') +
      able(
        f,
        f.able === undefined
          ? 'It takes somebody who may.'
          : 'As things stand nobody can: the role needs a holder, or a delegate.',
      ),
  }),
  'authority.not-principal': f => ({
    because: `${shown(f.person)} may not do this for ${shown(f.principal)}`,
    help: `${shown(f.principal)} can do it, or an administrator who gains nothing by it: ${orList(list(f.administrators).filter(one => one !== f.person))}.`,
  }),
  'authority.which-principal': f => ({
    because: `${shown(f.person)} could act for ${shown(f.principals)}`,
    help: 'Name the one that is meant with `for`.',
  }),
  'authority.not-participant': f => ({
    because: `${shown(f.person)} has no part in this change`,
    help:
      list(f.participants).length > 0
        ? `One of these can do it: ${shown(f.participants)}.`
        : 'Everybody who had a part has left, and nobody holds a role of its flow: an administrator can give one to somebody.',
  }),
  'authority.granted-by-participant': f => ({
    because: `${shown(f.by)}, who takes part in this change, has given ${shown(f.person)} the role ${shown(f.role)} since it was submitted`,
    help: able(
      f,
      'Somebody who held the role before, or was given it by a person without a part in the change, has to do this.',
    ),
  }),
  'authority.laxer-rule': f => ({
    because: `after this edit less would be asked for (${shown(f.stages)}), and ${shown(f.person)} takes part in the change or has no say in the stricter rule`,
    help: able(f, 'Somebody whom the stricter rule asks, and who has no part in the change, can make this edit.'),
  }),
  'exception.not-permitted': f => ({
    because: `the policy lets nobody be excepted from the separation of ${list(f.duties).join(' and ')}`,
    help: 'Somebody else has to take on one of the two duties, or the policy has to name who may grant an exception.',
  }),
  'delegation.self': f => ({
    because: `${shown(f.principal)} cannot delegate to themselves`,
    help: 'Name another person.',
  }),
  'delegation.cycle': f => ({
    because: `the delegation would run in a circle: ${list(f.chain).join(' → ')}`,
    help: 'Revoke one of these delegations first, or choose somebody outside the circle.',
  }),
  'delegation.interval': f => ({
    because: `the delegation would end (${shown(f.until)}) before it begins (${shown(f.from)})`,
    help: 'Give an end after the beginning; the end itself does not belong to it.',
  }),
  'delegation.back-dated': f => ({
    because: `the delegation would begin at ${shown(f.from)}, before now (${shown(f.at)})`,
    help: 'A delegation holds from now on at the earliest.',
  }),
  'delegation.depth': f => ({
    because: `a delegation is passed on at most ${shown(f.depth)} deep here`,
    help: 'The principal can delegate to the person directly.',
  }),
  'delegation.pool': f => ({
    because: `${shown(f.to)} does not hold ${shown(f.pool)}, out of which delegates for ${shown(f.role)} are chosen`,
    help: `Choose a delegate who holds ${shown(f.pool)}.`,
  }),
  'delegation.principal-decided': f => ({
    because: `${shown(f.principal)} has a decision on this change already, by ${shown(f.by)}`,
    help: 'Another person has to approve; one principal counts once.',
  }),
  'lifecycle.not-now': f => ({
    because: `${shown(f.change)} is at ${shown(f.state)}${waits(f)}; ${shown(f.command)} has no place there`,
    help:
      list(f.allowed).length === 0
        ? 'Nothing more happens to it; a correction is a new change.'
        : `What can be done now: ${shown(f.allowed)}.`,
  }),
  'binding.revision': f => ({
    because: `this names revision ${shown(f.named)}, and the change is at ${shown(f.current)}`,
    help: `Look at revision ${shown(f.current)} (${short(f.digest)}) and decide about that.`,
  }),
  'binding.digest': f => ({
    because: `this names the content ${short(f.named)}, and the change has ${short(f.current)}`,
    help: 'Look at the current content and decide about that.',
  }),
  'binding.environment': f => ({
    because:
      f.named === null
        ? `the release does not say where it puts the change into effect, and this step is for ${shown(f.environment)}`
        : f.environment === null
          ? `this step is for no environment in particular, and the release names ${shown(f.named)}`
          : `this step puts the change into effect in ${shown(f.environment)}, and not in ${shown(f.named)}`,
    help:
      f.environment === null
        ? 'Leave the environment out.'
        : `Name ${shown(f.environment)}, if that is what is meant; anything else is a step of its own.`,
  }),
  'approval.already-given': f => ({
    because: `${shown(f.person)} has given theirs already, at ${shown(f.stage)}`,
    help: 'Another person has to do it: each counts once.',
  }),
  'approval.none-standing': f => ({
    because: `${shown(f.person)} has no approval here that counts`,
    help: 'There is nothing to withdraw.',
  }),
  'veto.standing': f => ({
    because: `the veto of ${shown(f.of)} stands`,
    help: 'Whoever placed it can lift it, with a reason, and approve then.',
  }),
  'board.none': f => ({
    because: `the policy in force for ${shown(f.team)} has no board`,
    help: 'Nothing has to be moved: it goes on by itself.',
  }),
  'board.no-planning': f => ({
    because: `the policy of ${shown(f.team)} does not say who decides in which order its changes come`,
    help: 'Its board needs `planning`: the role that decides, and how many of another one are present.',
  }),
  'quorum.missing': f => ({
    because: `${shown(f.needs)} of ${shown(f.role)} have to be present, and ${list(f.counted).length === 0 ? 'nobody is' : `only ${list(f.counted).join(', ')} ${list(f.counted).length === 1 ? 'is' : 'are'}`}`,
    help: 'Decide it when more of them are there.',
  }),
  'board.not-pulled': f => ({
    because: `${shown(f.change)} lies ${f.lies === null ? 'in no column yet' : `in ${shown(f.lies)}`}, and this is done in ${shown(f.column)}`,
    help: `Pull it into ${shown(f.column)} first (move), when there is room.`,
  }),
  'limit.reached': f => ({
    because: `the limit of ${shown(f.limit)} is ${shown(f.most)}, and ${list(f.there).length === 0 ? 'the places are reserved' : `${list(f.there).join(', ')} ${list(f.there).length === 1 ? 'is' : 'are'} there`}`,
    help: 'Finish one of them first.',
  }),
  'limit.owner': f => ({
    because: `${shown(f.change)} lies with nobody, and nothing comes into ${shown(f.column)} that does`,
    help: 'Assign it to somebody first, or name who is to have it when it is moved (`owner`).',
  }),
  'limit.expedite': f => ({
    because: `the lane for what cannot wait takes ${shown(f.most)}, and ${list(f.there).join(', ')} ${list(f.there).length === 1 ? 'is' : 'are'} in it`,
    help: 'Finish that first.',
  }),
  'requirement.unmet': f => ({
    because:
      f.why === undefined
        ? `not everything before it is met: ${stages(f)}`
        : `${shown(f.person)} ${shown(f.why)}, so not everything before it would be met: ${stages(f)}`,
    help: able(f, 'See `explain` for who can do what is missing.'),
  }),
  'checklist.open': f => ({
    because: `not everything on the checklist of ${shown(f.stage)} is ticked: ${list(f.items).join(', ')}`,
    help: 'Tick what is done (tick), for the change as it stands; an edit and a new round begin the list anew.',
  }),
  'obligation.open': f => ({
    because: `${shown(f.change)} has taken effect, and still owes ${owed(f)}`,
    help: 'See `explain` for who can do what is owed; it goes on by itself then.',
  }),
  'remedy.unfit': f => ({
    because: `${shown(f.remedy)} ${shown(f.problem)}, so it is no remedy of ${shown(f.change)}`,
    help: 'A remedy is a change that names this one as its parent, was asked for since, and has been put into effect.',
  }),
  'freeze.active': f => ({
    because: `${shown(f.because)}: the freeze ${shown(f.freeze)} holds from ${shown(f.from)} until ${shown(f.until)}`,
    help:
      f.overriddenBy === null
        ? 'Wait until it is over; approving and testing go on.'
        : `Wait until it is over, or ask a holder of ${shown(f.overriddenBy)} without a part in the change to override it for this one. Approving and testing go on.`,
  }),
  'freeze.no-override': f => ({
    because: `the freeze ${shown(f.freeze)} names nobody who could except a change from it`,
    help: 'Wait until it is over, or have an administrator without a part in the change lift it for all.',
  }),
  'window.closed': f => ({
    because: `it may be put into effect only within the windows of ${shown(f.calendar)}, and none is open`,
    help:
      f.next === null
        ? 'No further window is declared; an administrator can declare one.'
        : `The next one is open from ${shown((f.next as Facts).from)} until ${shown((f.next as Facts).until)}.`,
  }),
  'glass.not-permitted': f => ({
    because: `the policy lets nobody break the glass on changes of the category ${shown(f.category)}`,
    help: 'The approvals before it have to be given, by whoever stands in for those who are away.',
  }),
  'make.unknown': f => ({
    because: `nobody is known to have made ${shown(f.change)}, so nobody can tell whether others tested and approved it`,
    help: 'Record the content with those who made it (revise); to have been assigned the work is not to have done it.',
  }),
  'policy.none': f => ({
    because: `the team ${shown(f.team)} has no policy in force${shown(f.near ?? '')}`,
    help: 'Propose a policy, and have an administrator adopt it.',
  }),
  'policy.outdated': f => ({
    because: `the policy of ${shown(f.team)} was adopted under controls (${shown(f.controls)}) that are no longer in force`,
    help: 'Propose the policy again under the controls in force; what was submitted before goes on under the old one.',
  }),
  'policy.no-category': f => ({
    because: `the policy of ${shown(f.team)} has no category ${shown(f.category)}${shown(f.near ?? '')}`,
    help: `Choose one of these: ${shown(f.known)}.`,
  }),
  'policy.no-rule': f => ({
    because: `no approval rule applies to this form before ${shown(f.before)}${list(f.stages).length === 0 ? ', as no approval stands before it' : ` (of ${shown(f.stages)})`}, and no rule means no`,
    help: 'The policy needs a rule for this case; `approvals(0)` says aloud that nothing is asked.',
  }),
  'policy.unknown-field': f => ({
    because: `the policy decides ${shown(f.stage)} by a field that is not filled in: ${shown(f.condition)}`,
    help: 'Fill in the field.',
  }),
  'policy.invalid': f => ({
    because: `the policy cannot be adopted: ${problems(f)}`,
    help: 'Mend these places and propose it again.',
  }),
  'proposal.overtaken': f => ({
    because: `it was proposed in the place of ${f.over === null ? 'nothing' : short(f.over)}, and ${f.inForce === null ? 'nothing' : short(f.inForce)} is in force now`,
    help: 'Propose it again: somebody says now that it is to replace what is in force, and somebody else adopts it.',
  }),
  'migration.not-in-force': f => ({
    because: `a change is moved to the policy in force (${short(f.inForce)}), and this names ${short(f.named)}`,
    help: 'Name the digest of the policy that is in force for the team.',
  }),
  'migration.unmapped': f => ({
    because: `the change waits, was given something or owes something at ${shown(f.unmapped)}, which the policy in force does not have as it was, or asks of nobody`,
    help: `Say in \`stages\` what each is called there: ${shown(f.known)}. What was given or is owed goes to a stage of its own kind alone.`,
  }),
  'migration.misplaced': f => ({
    because:
      f.past === undefined
        ? `what was given at ${shown(f.stage)} stays there, as the policy in force has that stage still, and this moves it to ${shown(f.onto)}`
        : `what was given at ${shown(f.stage)}, before ${shown(f.past)}, would count at ${shown(f.onto)}, which comes after it`,
    help: 'Leave it out of `stages`, or name the stage that stands where this one stood; what comes later is given anew.',
  }),
  'form.invalid': f => ({
    because: `the form is not filled in right: ${problems(f)}`,
    help: 'Mend these fields and submit it again.',
  }),
  'carry.parent': f => ({
    because: `${shown(f.parent)}: ${shown(f.problem)}`,
    help: 'Name the change that was approved before.',
  }),
  'template.needed': f => ({
    because: `${shown(f.category)} is for standard changes, which follow an approved template`,
    help: `Name a template and its version, or submit it as ${shown(f.otherwise)}.`,
  }),
  'template.unusable': f => ({
    because: `the template ${shown(f.template)}, version ${shown(f.version)}, cannot be used: ${shown(f.why)}${shown(f.near ?? '')}`,
    help: 'Use the version that is in force, or submit a change of another category.',
  }),
  'template.invalid': f => ({
    because: `the template cannot be used: ${problems(f)}`,
    help: 'Mend these places and propose it again.',
  }),
  'evidence.missing': f => ({
    because: `${shown(f.stage)} asks for evidence of the test`,
    help: 'Name the report, and its digest where there is one.',
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
  'directory.difference': f => ({
    because: `difference ${shown(f.index)} (${shown(f.command)}) is refused: ${shown(f.because)}`,
    help: 'Nothing of this batch was recorded; mend the difference and hand the batch in again.',
  }),
  'nothing-to-do': f => ({
    because: `${shown(f.what ?? f.person ?? f.digest ?? f.delegation)} is ${shown(f.state)} already`,
    help: 'Nothing has to be done.',
  }),
  'interval.invalid': interval,
  'command.malformed': f => ({
    because: `this is no whole command: ${problems(f)}`,
    help: 'Mend what is named and hand it in again.',
  }),
  'command.id-reused': f => ({
    because: `the id ${shown(f.id)} was used for another command (entry ${shown(f.seq)})`,
    help: 'Give each command an id of its own; send the same id only to repeat the same command.',
  }),
}

const goesOn = 'Otherwise it goes on under the policy that it has, or is cancelled and submitted anew.'
const mendedHere = () => `What the form of its own policy has as well can be mended by an edit (revise). ${goesOn}`

/** What helps where a change is moved to another policy: until then it has the form and the categories of its own one. */
const helpToMigrate: Partial<Record<RefusalCode, (facts: Facts) => string>> = {
  'policy.no-category': f =>
    `Make it one of these first, where its own policy has one (recategorise): ${shown(f.known)}. ${goesOn}`,
  'policy.unknown-field': mendedHere,
  'form.invalid': mendedHere,
}

/**
 * Tells a refusal to a person; what helps may hang on what was asked for, by the type of the `command`. The sentence is
 * made here and nowhere else, and is not recorded.
 *
 * @example
 * ```ts
 * import { describeRefusal } from 'countersign'
 * const refusal = { code: 'identity.unknown-account', facts: { account: 'jo', near: '' } }
 * describeRefusal(refusal).because // → 'nobody is known by the account jo'
 * ```
 */
export function describeRefusal({ code, facts }: Refusal, command?: string): Description {
  const told = sentences[code](facts)
  const help = command === 'migrate' ? helpToMigrate[code]?.(facts) : undefined
  return help === undefined ? told : { ...told, help }
}
