import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import { controlsDigest } from '../../policy/controls.ts'
import { type Policy, policyDigest } from '../../policy/policy.ts'
import type { Instant } from '../../values/instant.ts'
import type { Table } from '../../values/table.ts'
import { adoptionProblems } from '../adoption.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, type Proposal, tables } from '../governance.ts'
import { controlsIn } from '../in-force.ts'
import { unknown } from '../unknown.ts'

type Outcome = Decision<GovernanceEvent>
type Documents = Table<Proposal<unknown>>

/** Proposes controls; they come into force when another person adopts them. */
export const proposeControls = (governance: Governance, { controls }: Of<'proposeControls'>, me: string): Outcome =>
  proposed(governance[tables].controls, controlsDigest(controls), governance.controlsInForce, digest => ({
    type: 'controls.proposed',
    digest,
    by: me,
  }))

/**
 * Proposes the policy of a team, where nothing is wrong with it under the controls; it comes into force when another person
 * adopts it.
 */
export function proposePolicy(governance: Governance, { policy }: Of<'proposePolicy'>, me: string): Outcome {
  const invalid = policyProblems(governance, policy)
  if (invalid !== undefined) return invalid
  const { policies, policyInForce } = governance[tables]
  return proposed(policies, policyDigest(policy), policyInForce.get(policy.team), digest => ({
    type: 'policy.proposed',
    digest,
    by: me,
  }))
}

/** What was adopted once, or proposed over something that is in force no more, is proposed anew. */
function proposed(
  documents: Documents,
  digest: string,
  inForce: string | undefined,
  event: (digest: string) => GovernanceEvent,
): Outcome {
  if (digest === inForce) return refuse('nothing-to-do', { digest, state: 'in force' })
  const known = documents.get(digest)
  return known !== undefined && known.over === inForce
    ? refuse('nothing-to-do', { digest, state: 'proposed' })
    : accept(event(digest))
}

/** A policy is held against the controls in force when it is proposed and again when it is adopted. */
function policyProblems(governance: Governance, policy: Policy) {
  if (controlsIn(governance) === undefined) return unknown('controls in force', policy.complies.controls, [])
  const problems = adoptionProblems(governance, policy)
  return problems.length === 0 ? undefined : refuse('policy.invalid', { team: policy.team, problems })
}

/** Adopts controls that another person has proposed, in the place of those that were in force then. */
export const adoptControls = (
  governance: Governance,
  { digest }: Of<'adoptControls'>,
  me: string,
  at: Instant,
): Outcome => {
  const { controlsInForce } = governance
  const event = { type: 'controls.adopted', digest, by: me, at } as const
  return adopt(governance, governance[tables].controls, digest, controlsInForce, me, event)
}

/** Adopts a policy that another person has proposed, where nothing is wrong with it under the controls of now. */
export function adoptPolicy(governance: Governance, { digest }: Of<'adoptPolicy'>, me: string, at: Instant): Outcome {
  const { policies, policyInForce } = governance[tables]
  const policy = policies.get(digest)?.document
  if (policy === undefined) return unknown('proposal', digest, policies.keys())
  const { team } = policy
  if (policyInForce.get(team) === digest) return refuse('nothing-to-do', { digest, state: 'in force' })
  const invalid = policyProblems(governance, policy)
  if (invalid !== undefined) return invalid
  const event = { type: 'policy.adopted', digest, team, by: me, at } as const
  return adopt(governance, policies, digest, policyInForce.get(team), me, event)
}

function adopt(
  governance: Governance,
  documents: Documents,
  digest: string,
  inForce: string | undefined,
  me: string,
  event: GovernanceEvent,
): Outcome {
  const proposal = documents.get(digest)
  if (proposal === undefined) return unknown('proposal', digest, documents.keys())
  if (personOf(governance, proposal.proposedBy) === me)
    return refuse('duty.second-person', { person: me, what: 'adopt' })
  if (digest === inForce) return refuse('nothing-to-do', { digest, state: 'in force' })
  // Two persons agree on what replaces what. Otherwise one alone could go back to whatever was proposed at some time.
  if (proposal.over !== inForce)
    return refuse('proposal.overtaken', { digest, over: proposal.over ?? null, inForce: inForce ?? null })
  return accept(event)
}
