import {
  addCosignatures,
  CLOCK_TOLERANCE,
  CountersignError,
  consistencyProof,
  formatAddCheckpoint,
  type Hash,
  parseCheckpointText,
  parseNote,
  type VerifierKey,
} from '@countersign/trail'

const patience = 15_000
const mostAnswerBytes = 1 << 16
/** Others ask the same witness meanwhile, so it may have gone on between two questions. */
const mostAttempts = 4

/** A witness that can be asked, and the key that its answer must be signed with. */
interface AskedWitness {
  readonly url: string
  readonly key: VerifierKey
  /** The latest date of an entry that the checkpoint counts: who is asked has seen that entry, and says so of no time before. */
  readonly lastAt?: string | undefined
}

/** Why a witness will never cosign this checkpoint: it has cosigned a larger one, or another tree, which only a fork makes. */
export class NeverCosigned extends Error {
  readonly isFork: boolean

  constructor(message: string, isFork: boolean) {
    super(message)
    this.isFork = isFork
  }
}

/** A cosignature that holds, of a time that does not count: it is yet to come, or too early for what the witness has seen. */
export class UntimelyAnswer extends Error {
  /** In seconds since 1970, by the clock of the witness. */
  readonly time: number
  readonly isEarly: boolean

  constructor(time: number, isEarly: boolean) {
    super(`the time of its cosignature does not count: ${time}`)
    this.time = time
    this.isEarly = isEarly
  }
}

/**
 * Asks a witness to cosign a checkpoint (C2SP tlog-witness) and gives the note with its cosignature. `leaves` are those
 * of the trail, for the proof that it extends what the witness has cosigned before. Throws an error whose message says
 * why there is none; a `NeverCosigned` where that will not pass, an `UntimelyAnswer` where one of the clocks is wrong. `leaves` must
 * have the root of the checkpoint.
 */
export async function askWitness(note: string, leaves: readonly Hash[], witness: AskedWitness): Promise<string> {
  const { size } = parseCheckpointText(parseNote(note).text)
  let oldSize = 0
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const proof = oldSize === 0 || oldSize === size ? [] : consistencyProof(oldSize, size, leaves)
    const { status, type, body } = await post(witness.url, formatAddCheckpoint({ oldSize, proof, note }))
    if (status === 200) return withAnswer(note, body, witness)
    const isOther =
      (status === 409 && oldSize === size && type !== 'text/x.tlog.size') || (status === 422 && oldSize > 0)
    // The proof is right, as the leaves are those of the checkpoint: where it is not taken, the other tree is another one.
    if (isOther) throw new NeverCosigned(otherTree(oldSize, size, `${status}: ${beginningOf(body)}`), true)
    if (status !== 409 || type !== 'text/x.tlog.size') throw new Error(`it answers ${status}: ${beginningOf(body)}`)
    const known = /^(?:0|[1-9][0-9]{0,15})\n$/.test(body) ? Number(body) : undefined
    if (known === undefined) throw new Error(`it answers 409 without a size: ${beginningOf(body)}`)
    if (known > size)
      throw new NeverCosigned(
        `it has cosigned a larger tree already, of ${known} entries, and this checkpoint has ${size}. To ask later does not help`,
        false,
      )
    oldSize = known
  }
  throw new Error(`its last size changed ${mostAttempts} times while it was asked`)
}

const otherTree = (oldSize: number, size: number, answer: string): string =>
  `it has cosigned another tree of ${
    oldSize === size
      ? `this size (${size} entries)`
      : `${oldSize} entries, which this checkpoint of ${size} does not extend`
  }. To ask later does not help (it answers ${answer})`

/** There is room for the two roots in which a witness and a checkpoint differ. */
const mostTold = 240

/** As much of an answer as a message has room for. */
function beginningOf(body: string): string {
  const text = body.trim()
  return text.length > mostTold ? `${text.slice(0, mostTold).toWellFormed()}…` : text
}

/** The first second at which a witness can say that it has seen an entry of this date, by clocks that lie so far apart. */
export const earliestAfter = (at: string): number => Math.ceil(Date.parse(at) / 1000) - CLOCK_TOLERANCE

/** A time that does not count is not added: with one that lies too early the note would be held against the trail for good. */
function withAnswer(note: string, body: string, { key, lastAt }: AskedWitness): string {
  const from = lastAt === undefined ? 0 : Math.max(0, earliestAfter(lastAt))
  const until = Math.floor(Date.now() / 1000) + CLOCK_TOLERANCE
  try {
    return addCosignatures(note, body, key, { from, until })
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error
    const { time } = error.facts
    if (typeof time !== 'number') throw new Error(`what it answers is no cosignature: ${error.message}`)
    throw new UntimelyAnswer(time, time < from)
  }
}

async function post(url: string, body: string) {
  const target = `${url.replace(/\/+$/, '')}/add-checkpoint`
  try {
    const response = await fetch(target, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      // A witness is asked where the policy says, and nowhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    })
    return { status: response.status, type: response.headers.get('content-type'), body: await textOf(response) }
  } catch (error) {
    const { message, cause } = error as Error
    throw new Error(cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message)
  }
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length
    if (length > mostAnswerBytes) throw new Error(`its answer has more than ${mostAnswerBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
