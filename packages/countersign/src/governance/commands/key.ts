import { accept, type Decision, refuse } from '../../decision/refusal.ts'
import type { Instant } from '../../values/instant.ts'
import { vkeyIdentity } from '../../values/vkey.ts'
import { personOf } from '../alias.ts'
import type { Of } from '../command.ts'
import type { GovernanceEvent } from '../event.ts'
import { type Governance, tables } from '../governance.ts'

/** Why a key cannot be that of a trail: whoever verifies a checkpoint looks for a key by the name of the origin. */
export const foreignKey = (origin: string, key: string) =>
  key.startsWith(`${origin}+`) ? undefined : refuse('key.unfit', { key, problem: 'other name', origin })

/**
 * Puts another key in the place of the one that signs checkpoints: one administrator asks for it, and another one agrees
 * to the same key. Whoever could replace it alone could write the trail anew and sign it.
 */
export function rotateKey(
  governance: Governance,
  { key }: Of<'rotateKey'>,
  me: string,
  at: Instant,
): Decision<GovernanceEvent> {
  const { keys, keyProposed } = governance[tables]
  const foreign = foreignKey(governance.origin, key)
  if (foreign !== undefined) return foreign
  if (key === governance.key) return refuse('nothing-to-do', { digest: key, state: 'the key of the trail' })
  // A key that was retired may have been retired because somebody else has it.
  if (keys.includes(key)) return refuse('key.unfit', { key, problem: 'retired' })
  if (keys.some(other => vkeyIdentity(other) === vkeyIdentity(key)))
    return refuse('key.unfit', { key, problem: 'same id' })
  if (keyProposed?.key !== key) return accept({ type: 'key.proposed', key, by: me })
  if (personOf(governance, keyProposed.by) === me)
    return refuse('duty.second-person', { person: me, what: 'rotateKey' })
  return accept({ type: 'key.rotated', key, by: me, at })
}
