import { orList } from '../../values/near.ts'
import type { RefusalFacts, SharedDeed } from '../facts.ts'
import { able, list, type SentencesOf, shown, worded } from '../sentence.ts'

/** Why somebody may not act in a role; for a principal it is asked only what they may do for that one. */
function withoutRole(facts: RefusalFacts['authority.no-role']): string {
  const [person, roles] = [shown(facts.person), shown(facts.roles)]
  if (facts.principal === facts.person) return `\`for\` names the one acted for, and ${person} is the one who acts`
  if (facts.principal !== undefined)
    return `${person} has no delegation from ${shown(facts.principal)} for ${roles} that counts here`
  return roles === ''
    ? `${person} may not do this here`
    : `${person} does not hold ${roles} here, or may not act in it while absent`
}

const administrators = (facts: RefusalFacts['authority.not-administrator']) =>
  `Ask an administrator: ${shown(facts.administrators)}.`

const deeds: Readonly<Record<SharedDeed, string>> = {
  assignController: 'take over a robot',
  recordAlias: 'record an alias of their own',
  appointAdministrator: 'appoint an administrator',
  adopt: 'adopt what they proposed',
  grantRole: 'grant a role',
  rotateKey: 'put another key in place',
  approveTemplate: 'approve a template of their own',
  grantException: 'grant an exception in a matter of their own',
  overrideFreeze: 'override a freeze for a change in which they take part',
  liftVeto: 'lift a veto on a change in which they have a part',
  redact: 'redact a value of a change that they have a part in',
}

/** Who asks, and what they may do. */
export const ofPerson: SentencesOf<'identity' | 'duty' | 'role' | 'authority' | 'exception' | 'delegation'> = {
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
      `${shown(f.because)}${f.clause === undefined ? '' : ` (${shown(f.clause)})`}: ${shown(f.person)} ${f.bot === undefined ? '' : `has to answer for the robot ${shown(f.bot)}, which `}${shown(f.how)} at revision ${shown(f.revision)}` +
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
    because: `${shown(f.person)} cannot ${worded(deeds, f.what)} alone: it takes a second person`,
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
    help: able(
      { ...f, able: f.participants },
      'Everybody who had a part has left or has no account, and nobody who has one holds a role of its flow: an administrator can give one to somebody.',
    ),
  }),
  'authority.granted-by-participant': f => ({
    because:
      f.template === undefined
        ? `${shown(f.by)}, who ${f.thereby === true ? 'would take part in this change by this' : 'takes part in this change'}, has given ${shown(f.to ?? f.person)} the role ${shown(f.role)} since it was submitted`
        : `${shown(f.by)}, who proposed the template ${shown(f.template)}, has given ${shown(f.person)} the role ${shown(f.role)} since then`,
    help: able(
      f,
      f.template === undefined
        ? 'Somebody who held the role before, or was given it by a person without a part in the change, has to do this.'
        : 'Somebody who held the role before, or was given it by a person other than the proposer, has to do this.',
    ),
  }),
  'authority.laxer-rule': f => ({
    because: `after this edit less would be asked for (${shown(f.stages)})${f.before === undefined ? '' : ` than before the edits, as a change of category ${shown(f.before)}`}, and ${
      f.robot === undefined
        ? `${shown(f.person)} takes part in the change or has no say in the stricter rule`
        : `the robot ${shown(f.robot)} agrees to nothing`
    }`,
    help: able(
      f,
      'Somebody whom the stricter rule asks, and who has no part in the change, can make this edit; where there is nobody, one who is given the role.',
    ),
  }),
  'exception.not-permitted': f => ({
    because: `the policy lets nobody be excepted from the separation of ${list(f.duties).join(' and ')}`,
    help: 'Somebody else has to take on one of the two duties, or the policy has to name who may grant an exception.',
  }),
  'exception.revoked': f => ({
    because: `the exception ${shown(f.exception)} was revoked, and is not granted any more`,
    help: 'Ask for a new one (requestException), under an id of its own, if it is needed still.',
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
    help: `One principal counts once: ${orList([...new Set([shown(f.by), shown(f.principal)])])} can take that back, and another person decides in their own place.`,
  }),
}
