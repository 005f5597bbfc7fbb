import { beginning, CountersignError, type Found, unexpected } from '../error.ts'
import { toHex } from '../hash.ts'
import { decodeUtf8, encodeUtf8 } from '../utf8.ts'
import { verifyCosignature } from './cosignature.ts'
import { type Algorithm, parseVerifierKey, type VerifierKey } from './key.ts'
import { parseNote } from './note.ts'

/** How long a policy of witnesses may be. */
export const MAX_POLICY_BYTES = 65_536
/** How many logs, witnesses and groups a policy may have, each: four times what the standard wants at least. */
const MAX_OF_EACH = 128
/**
 * How far the clocks of those who attest, who verify and who write entries may lie apart, in seconds. The word of a witness that is
 * further ahead does not count.
 */
export const CLOCK_TOLERANCE = 300

/** A log that the policy knows. Its key's name is the origin of its checkpoints. */
export interface PolicyLog {
  readonly key: VerifierKey
  readonly url?: string
}

/** A witness under the name that it has in the policy, which means nothing elsewhere. */
export interface PolicyWitness {
  readonly kind: 'witness'
  readonly name: string
  readonly key: VerifierKey
  /** Where it can be asked (the submission prefix of C2SP tlog-witness). */
  readonly url?: string
}

/** A witness, or a group of which so many members have to have seen a checkpoint. */
export type PolicyNode =
  | PolicyWitness
  | {
      readonly kind: 'group'
      readonly name: string
      readonly threshold: number
      readonly members: readonly PolicyNode[]
    }

/** Which logs are known, which witnesses, and whose word is enough. Without a quorum no witness is needed. */
export interface WitnessPolicy {
  readonly logs: readonly PolicyLog[]
  readonly witnesses: readonly PolicyWitness[]
  readonly quorum: PolicyNode | undefined
}

/** What became of a node of the policy for one checkpoint: a tree of the policy's shape. Times are seconds since 1970. */
export type WitnessedNode =
  | {
      readonly kind: 'witness'
      readonly name: string
      readonly key: string
      readonly status: 'cosigned' | 'missing' | 'in the future' | 'bad signature'
      readonly satisfied: boolean
      /** When it says that it has seen the checkpoint. */
      readonly time?: number
    }
  | {
      readonly kind: 'group'
      readonly name: string
      readonly threshold: number
      /** How many of its members are satisfied. */
      readonly met: number
      readonly satisfied: boolean
      readonly members: readonly WitnessedNode[]
    }

/** Whether a checkpoint has been seen by enough witnesses, and by which. */
export interface WitnessEvaluation {
  readonly satisfied: boolean
  /** What the quorum came to; nothing where the policy needs none. */
  readonly quorum?: WitnessedNode
  /** Every witness that the policy knows, whether the quorum needs it or not. */
  readonly witnesses: readonly Extract<WitnessedNode, { kind: 'witness' }>[]
}

/**
 * Reads a policy of witnesses (C2SP tlog-policy), strictly:
 *
 * ```text
 * log payments.example/changes+c7241bce+A…
 *
 * witness bank   bank.example/witness+1b2c3d4e+B…  https://bank.example/witness
 * witness audit  audit.example/w1+5f6a7b8c+B…
 * witness notary notary.example/w+9d0e1f2a+B…
 *
 * group others any audit notary
 * group both all bank others
 * quorum both
 * ```
 *
 * What it names has to be defined on a line before; so there are no circles. Stricter than the standard: UTF-8 without
 * control characters, keys of the types 0x01 (logs) and 0x04 (witnesses) only, at most 128 of each kind, at most 65,536
 * bytes.
 *
 * Throws `witness.policy`, naming the line.
 *
 * @example
 * ```ts
 * import { formatVerifierKey, parseWitnessPolicy, signerKey, witnessKeyOf } from '@countersign/trail'
 *
 * const key = formatVerifierKey(witnessKeyOf(signerKey('bank.example/witness', new Uint8Array(32).fill(9))))
 * parseWitnessPolicy(`witness bank ${key}\nquorum bank\n`).quorum?.name // → 'bank'
 * parseWitnessPolicy('quorum none\n').quorum // → undefined
 * parseWitnessPolicy('group both all bank\nquorum both\n') // throws line 1
 * ```
 */
export function parseWitnessPolicy(input: string | Uint8Array): WitnessPolicy {
  const bytes = typeof input === 'string' ? encodeUtf8(input) : input
  if (bytes.length > MAX_POLICY_BYTES) throw unfit('the policy', `at most ${MAX_POLICY_BYTES} bytes`, `${bytes.length}`)
  const text = decodeUtf8(bytes)
  if (text === undefined || (typeof input === 'string' && !input.isWellFormed())) {
    throw unfit('the policy', 'UTF-8', 'other bytes')
  }
  const lines = text.split('\n')
  // A file that was cut off in a line could name fewer members than it was written with.
  if (lines.pop() !== '') throw unfit(`line ${lines.length + 1}`, 'a newline at its end', 'none')
  const reading = new Reading()
  for (const [index, line] of lines.entries()) reading.line(line, index + 1)
  return reading.end(lines.length)
}

/** What has been read of a policy so far. */
class Reading {
  readonly #logs: PolicyLog[] = []
  readonly #witnesses: PolicyWitness[] = []
  /** Witnesses and groups: they share their names. */
  readonly #nodes = new Map<string, PolicyNode>()
  readonly #members = new Set<string>()
  #groups = 0
  #quorum: { readonly node: PolicyNode | undefined } | undefined

  line(line: string, number: number): void {
    const where = `line ${number}`
    const control = /(?!\t)\p{Cc}/u.exec(line)
    if (control !== null) throw unfit(where, 'no control character', { given: control[0] })
    const [keyword, ...items] = line.split(/[ \t]+/).filter(item => item !== '')
    if (keyword === undefined || keyword.startsWith('#')) return
    if (keyword === 'log') this.#log(items, where)
    else if (keyword === 'witness') this.#witness(items, where)
    else if (keyword === 'group') this.#group(items, where)
    else if (keyword === 'quorum') this.#setQuorum(items, where)
    else throw unfit(where, 'log, witness, group or quorum', { given: keyword })
  }

  end(lines: number): WitnessPolicy {
    if (this.#quorum === undefined) throw unfit(`line ${lines + 1}`, 'a quorum line before the end', 'none')
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum.node }
  }

  #log(items: readonly string[], where: string): void {
    const [key, url] = this.#items(items, where, 'log <vkey> [<url>]', 1, 2)
    const log = { key: keyOf(key, 'ed25519', where), ...(url === undefined ? {} : { url }) }
    if (this.#logs.some(one => sameKey(one.key, log.key))) throw unfit(where, 'another key than the logs before', 'it')
    if (this.#logs.push(log) > MAX_OF_EACH) throw unfit(where, `at most ${MAX_OF_EACH} logs`, 'more')
  }

  #witness(items: readonly string[], where: string): void {
    const [name = '', key, url] = this.#items(items, where, 'witness <name> <vkey> [<url>]', 2, 3)
    this.#requireFree(name, where)
    const verifier = keyOf(key, 'cosignature/v1', where)
    const witness: PolicyWitness = { kind: 'witness', name, key: verifier, ...(url === undefined ? {} : { url }) }
    const same = this.#witnesses.find(one => sameKey(one.key, verifier))
    if (same !== undefined)
      throw unfit(where, 'another key than the witnesses before', `the key of ${beginning(same.name)}`)
    if (this.#witnesses.push(witness) > MAX_OF_EACH) throw unfit(where, `at most ${MAX_OF_EACH} witnesses`, 'more')
    this.#nodes.set(name, witness)
  }

  #group(items: readonly string[], where: string): void {
    const form = 'group <name> all|any|<k> <name>…'
    const [name = '', rule = '', ...names] = this.#items(items, where, form, 3, Number.POSITIVE_INFINITY)
    this.#requireFree(name, where)
    const members = names.map(member => {
      const node = this.#named(member, where)
      // So every witness counts in one way only, and never twice.
      if (this.#members.has(member)) throw unfit(where, 'a member that no group has yet', { given: member })
      this.#members.add(member)
      return node
    })
    const threshold =
      rule === 'any' ? 1 : rule === 'all' ? members.length : /^[1-9][0-9]*$/.test(rule) ? Number(rule) : 0
    if (threshold < 1 || threshold > members.length) {
      throw unfit(where, `all, any, or a number from 1 to ${members.length}`, { given: rule })
    }
    this.#groups += 1
    if (this.#groups > MAX_OF_EACH) throw unfit(where, `at most ${MAX_OF_EACH} groups`, 'more')
    this.#nodes.set(name, { kind: 'group', name, threshold, members })
  }

  #setQuorum(items: readonly string[], where: string): void {
    const [name = ''] = this.#items(items, where, 'quorum <name>', 1, 1)
    if (this.#quorum !== undefined) throw unfit(where, 'one quorum line', 'a second one')
    this.#quorum = { node: name === 'none' ? undefined : this.#named(name, where) }
  }

  #items(items: readonly string[], where: string, form: string, least: number, most: number): readonly string[] {
    if (items.length < least || items.length > most) throw unfit(where, form, `${items.length} items after the first`)
    return items
  }

  #requireFree(name: string, where: string): void {
    if (name === 'none') throw unfit(where, 'another name than none, which stands for no witness', { given: name })
    if (this.#nodes.has(name)) throw unfit(where, 'a name that is not taken', { given: name })
  }

  #named(name: string, where: string): PolicyNode {
    const node = this.#nodes.get(name)
    if (node === undefined) throw unfit(where, 'the name of a witness or group of a line before', { given: name })
    return node
  }
}

/**
 * Which of a policy's witnesses have cosigned a checkpoint, and whether they are enough: a tree of the policy's shape, so
 * that it explains itself. `now`, in seconds since 1970, is the verifier's clock: a cosignature that lies more than five
 * minutes ahead of it does not count. Of several cosignatures of one witness the earliest counts.
 *
 * Who signed for the log is not looked at: that is `openCheckpoint`'s. Throws `note` where the note is malformed.
 *
 * @example
 * ```ts
 * import { cosign, EMPTY_ROOT, evaluateWitnesses, formatNote, formatVerifierKey, parseNote, parseWitnessPolicy } from '@countersign/trail'
 * import { signCheckpoint, signerKey, witnessKeyOf } from '@countersign/trail'
 *
 * const bank = signerKey('bank.example/witness', new Uint8Array(32).fill(9))
 * const log = signerKey('log.example', new Uint8Array(32).fill(7))
 * const policy = parseWitnessPolicy(`witness bank ${formatVerifierKey(witnessKeyOf(bank))}\nquorum bank\n`)
 * const note = parseNote(signCheckpoint({ origin: 'log.example', size: 0, root: EMPTY_ROOT }, log))
 * const seen = formatNote({ ...note, signatures: [...note.signatures, cosign(note.text, bank, 1679315147)] })
 * evaluateWitnesses(policy, formatNote(note), 1700000000).satisfied // → false
 * evaluateWitnesses(policy, seen, 1700000000).satisfied // → true
 * evaluateWitnesses(policy, seen, 1600000000).satisfied // → false
 * ```
 */
export function evaluateWitnesses(policy: WitnessPolicy, note: string | Uint8Array, now: number): WitnessEvaluation {
  const { text, signatures } = parseNote(note)
  const seen = new Map(
    policy.witnesses.map(({ kind, name, key }) => {
      const lines = signatures.filter(one => one.name === key.name && one.keyId === key.keyId)
      const times = lines.map(({ bytes }) => verifyCosignature(key.publicKey, text, bytes)?.time)
      const held = times.filter(time => time !== undefined)
      const time = held.length === 0 ? undefined : Math.min(...held)
      const status: Extract<WitnessedNode, { kind: 'witness' }>['status'] =
        held.length < times.length
          ? 'bad signature'
          : time === undefined
            ? 'missing'
            : time > now + CLOCK_TOLERANCE
              ? 'in the future'
              : 'cosigned'
      const satisfied = status === 'cosigned'
      const at = time === undefined ? {} : { time }
      return [name, { kind, name, key: `${key.name}+${key.keyId}`, status, satisfied, ...at }]
    }),
  )
  const witnesses = [...seen.values()]
  const evaluate = (node: PolicyNode): WitnessedNode => {
    if (node.kind === 'witness') return seen.get(node.name) as WitnessedNode
    const members = node.members.map(evaluate)
    const met = members.filter(one => one.satisfied).length
    const { kind, name, threshold } = node
    return { kind, name, threshold, met, satisfied: met >= threshold, members }
  }
  if (policy.quorum === undefined) return { satisfied: true, witnesses }
  const quorum = evaluate(policy.quorum)
  return { satisfied: quorum.satisfied, quorum, witnesses }
}

function keyOf(text: string | undefined, algorithm: Algorithm, where: string): VerifierKey {
  const use = algorithm === 'ed25519' ? 'a log (type 0x01)' : 'a witness (type 0x04)'
  let key: VerifierKey
  try {
    key = parseVerifierKey(text ?? '')
  } catch (cause) {
    if (!(cause instanceof CountersignError)) throw cause
    throw unfit(where, `the Ed25519 key of ${use}`, cause.message, cause)
  }
  if (key.algorithm !== algorithm) throw unfit(where, `the key of ${use}`, `one of ${key.algorithm}`)
  return key
}

/** The same public key under another name is the same key. */
const sameKey = (one: VerifierKey, other: VerifierKey) => toHex(one.publicKey) === toHex(other.publicKey)

const unfit = (where: string, expected: string, found: Found, cause?: unknown): CountersignError =>
  unexpected('witness.policy', where, expected, found, { cause })
