import { setImmediate } from 'node:timers'
import { CountersignError, type Tree, wholeTrail } from '@countersign/trail'
import {
  BatchQueue,
  type Draft,
  type Expected,
  type Head,
  type Sealed,
  sealAll,
  type Waiting,
} from '@countersign/trail/store'
import { unwritable } from './fault.ts'
import { type FileSystem, type Stamp, writeAll } from './file-system.ts'
import { type Journal, type JournalRecord, recordOf } from './journal.ts'
import { Foreign, type OpenFile, OwnFile } from './own-file.ts'
import { Pace } from './pace.ts'
import type { TrailIndex } from './trail-index.ts'

/** What one write may hold: enough for thousands of callers, and little enough to stay in the memory of a small host. */
const MOST_BYTES = 1 << 20
/** From how many bytes on the journal is full, and the trail is to be flushed. */
const FULL = 1 << 20
/** For how many milliseconds the trail is written before it is flushed, and for how many flushes of the journal, if these take longer. */
const MOMENT = 10
const FLUSHES = 8

/** A call of `append`: with what it sealed, or with the refusal that it will get. */
interface Wanted {
  readonly sealed: readonly Sealed[]
  readonly bytes: number
  readonly refusal: CountersignError | undefined
}

type Call = Waiting<Wanted, readonly Sealed[]>

/**
 * Writes the trail: one write at a time, and what is asked for meanwhile goes out together next. A write is acknowledged when
 * it is durable in the journal and stands in the trail. The trail itself is flushed a moment later, for all that was written
 * until then.
 *
 * An append is compared and sealed at once, onto the last entry that was sealed, be that durable or not. No other call
 * can come between comparing and sealing: that is the lock. So the index is ahead of what is durable, and everybody
 * reads only up to what is durable. A conflict with an entry that is not durable yet is told when that entry is
 * durable, so that whoever reads again then finds it.
 */
export class GroupCommit {
  /** Where the durable trail ends, in entries and in bytes, and the leaf hash of its last entry. */
  #durable: { size: number; end: number; leafHash: string }
  /**
   * Leaves of durable entries that the tree lacks. They are added while the disk writes, when nobody waits for the
   * processor.
   */
  readonly #leaves: string[] = []
  readonly #queue = new BatchQueue<Wanted, readonly Sealed[]>({
    weigh: wanted => wanted.bytes,
    most: MOST_BYTES,
    // Everybody who was just answered, or who asks in the same turn, may join before the next write: it costs a lone
    // caller nothing, and saves 64 callers every second fdatasync. A tick runs once all promises have run, and an
    // immediate once everything has run that is ready.
    endOfTurn: () => (this.#pace.givesWay() ? immediate() : nextTick()),
    flush: batch => this.#write(batch),
  })
  /** The flush of the trail. Nothing is written before it has come to its end. It never rejects. */
  #flushing: Promise<void> | undefined
  #isWriting = false
  /** How many milliseconds the journal's last flush took. */
  #took = 0
  /** There is something in the trail that was not flushed there. It is due for that a moment after it was written. */
  #unflushed: { isDue: boolean; readonly callOff: () => void } | undefined
  #failure: { cause: unknown } | undefined
  /** Why what was acknowledged last could not be flushed. */
  #owed: { cause: unknown } | undefined
  readonly #pace = new Pace()

  readonly #system: FileSystem
  readonly #fd: number
  readonly #path: string
  readonly #file: OwnFile
  readonly #index: TrailIndex
  readonly #tree: Tree
  readonly #journal: Journal

  /** The index and the tree hold what is in the file, and it is durable; `left`: as it was when it was read. */
  constructor(system: FileSystem, file: OpenFile, index: TrailIndex, tree: Tree, journal: Journal) {
    this.#system = system
    this.#fd = file.fd
    this.#path = file.path
    this.#file = new OwnFile(system, file, journal)
    this.#index = index
    this.#tree = tree
    this.#journal = journal
    this.#durable = { size: index.size, end: index.end, leafHash: index.lastHash }
  }

  /** The durable head. */
  head(): Head {
    this.#growTree()
    return { size: this.#durable.size, leafHash: this.#durable.leafHash, root: this.#tree.root() }
  }

  async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.#checkWritable()
    const { sealed, refusal } = this.#seal(drafts, expected)
    if (refusal !== undefined && !this.#isAhead(refusal.stream)) throw refusal.error
    let bytes = 0
    for (const entry of sealed) bytes += entry.bytes.length + 1
    return this.#queue.ask({ sealed, bytes, refusal: refusal?.error })
  }

  /** Resolves when nothing waits any more, be it written or failed, and what was acknowledged is flushed. */
  async settled(): Promise<void> {
    await this.#queue.settled()
    this.#flushNow()
    await this.#flushing
  }

  /**
   * The file as this writer left it. `undefined` where somebody else has changed it since, be it back again, or a write went
   * wrong: then the index may speak of what is not there.
   */
  get left(): Stamp | undefined {
    return this.#failure === undefined ? this.#file.left : undefined
  }

  /**
   * Rejects where the file does not end where this writer left it, or could not be flushed, and nobody was told of that
   * yet.
   */
  async requireAsLeft(): Promise<void> {
    if (this.#owed !== undefined) {
      const { cause } = this.#owed
      if (cause instanceof Foreign) {
        // An append was refused for it already.
        if (this.#failure !== this.#owed) return
        throw this.#touched(cause, '. What it has acknowledged last is in the journal (.journal) still')
      }
      const help =
        'the store is closed all the same. What was acknowledged last is durable in the journal (.journal) alone: leave it there, and open the trail to write, which brings it in'
      throw unwritable(this.#path, 'flush', cause, { help })
    }
    if (this.#failure !== undefined) return
    try {
      this.#file.requireUntouched(this.#durable.end, this.#unflushed === undefined)
    } catch (cause) {
      // A file that cannot be looked at is closed as any other.
      if (cause instanceof Foreign) throw this.#touched(cause)
    }
  }

  #touched(cause: Foreign, more = ''): CountersignError {
    const help = `the store is closed all the same. See with verify-trail whether all is there that it has acknowledged, and look who writes there besides${more}`
    return unwritable(this.#path, 'close', cause, { help })
  }

  #isAhead(stream: string): boolean {
    const last = stream === wholeTrail ? this.#index.size - 1 : this.#index.lastOf(stream)
    return last >= this.#durable.size
  }

  #checkWritable(): void {
    if (this.#failure === undefined) return
    const help =
      'an earlier write failed. What is durable can still be read; to write again, close the store and open it'
    throw unwritable(this.#path, 'append to', this.#failure.cause, { help })
  }

  /** Compares and seals all of it or nothing. */
  #seal(
    drafts: readonly Draft[],
    expected: Expected,
  ): { sealed: readonly Sealed[]; refusal?: { stream: string; error: CountersignError } } {
    const index = this.#index
    let sealed: readonly Sealed[]
    try {
      sealed = sealAll(drafts, expected, {
        size: index.size,
        leafHash: index.lastHash,
        version: stream => index.version(stream),
      })
    } catch (error) {
      if (!(error instanceof CountersignError) || error.code !== 'store.conflict') throw error
      return { sealed: [], refusal: { stream: String(error.facts.stream), error } }
    }
    for (const [at, entry] of sealed.entries()) {
      index.add((drafts[at] as Draft).stream, entry.bytes.length, entry.leafHash)
    }
    return { sealed }
  }

  async #write(batch: readonly Call[]): Promise<void> {
    if (this.#flushing !== undefined) await this.#flushing
    // The flush of what was acknowledged before it went wrong: nothing of this was written.
    if (this.#failure !== undefined) return this.#refuse(batch, this.#failure.cause, true)
    try {
      const sealed = sealedIn(batch)
      if (sealed.length > 0) {
        const record = recordOf(this.#durable.end, this.#durable.leafHash, sealed)
        await this.#put(record, batch.length)
        this.#advance(sealed, record.batch.end)
        this.#flushSoon()
      }
      for (const { asked, resolve, reject } of batch) {
        if (asked.refusal === undefined) resolve(asked.sealed)
        else reject(asked.refusal)
      }
    } catch (cause) {
      await this.#fail(batch, cause)
    }
  }

  /** Writes to the journal and, once that is durable, to the trail. */
  async #put(record: JournalRecord, calls: number): Promise<void> {
    const inPlace = this.#pace.waitsFor(calls)
    this.#isWriting = true
    try {
      const begun = performance.now()
      if (inPlace) this.#journal.appendInPlace(record)
      else {
        const durable = this.#journal.append(record)
        this.#growTree()
        await durable
      }
      this.#took = performance.now() - begun
      if (inPlace) this.#pace.waited(this.#took)
      else this.#pace.handedOver(this.#took, calls, this.#queue.length)
      // Nothing comes between this and the writing.
      this.#file.requireUntouched(record.batch.start, this.#unflushed === undefined)
      writeAll(this.#system, this.#fd, record.entries, null)
    } finally {
      this.#isWriting = false
    }
  }

  /** Has the trail flushed: now where the journal is full, or where it is due, and otherwise a moment later. */
  #flushSoon(): void {
    const moment = Math.max(MOMENT, FLUSHES * this.#took)
    this.#unflushed ??= { isDue: false, callOff: this.#system.later(moment, () => this.#flushWhenDue()) }
    if (this.#unflushed.isDue || this.#journal.length >= FULL) this.#flushNow()
  }

  /** What is just being written has it flushed afterwards, as it stands in the journal already, which begins anew then. */
  #flushWhenDue(): void {
    if (this.#unflushed !== undefined) this.#unflushed.isDue = true
    if (!this.#isWriting) this.#flushNow()
  }

  #flushNow(): void {
    if (this.#unflushed === undefined || this.#owed !== undefined) return
    this.#unflushed.callOff()
    this.#flushing ??= this.#flush()
  }

  /** Makes durable in the trail what is durable in the journal. */
  async #flush(): Promise<void> {
    try {
      await this.#system.fdatasync(this.#fd)
      // What somebody has cut or put elsewhere meanwhile is in the journal still, and stays there.
      this.#file.requireUntouched(this.#durable.end, false)
      this.#unflushed = undefined
      this.#file.flushed(this.#durable.end)
      // What is not blotted out is brought in once more at the next opening, where it is whole.
      await this.#journal.blot().catch(() => undefined)
    } catch (cause) {
      this.#owed = { cause }
      this.#failure ??= this.#owed
    }
    this.#flushing = undefined
  }

  #advance(sealed: readonly Sealed[], end: number): void {
    let { size, leafHash } = this.#durable
    for (const entry of sealed) {
      this.#leaves.push(entry.leafHash)
      size = entry.seq + 1
      leafHash = entry.leafHash
    }
    this.#durable = { size, end, leafHash }
  }

  #growTree(): void {
    for (const leaf of this.#leaves.splice(0)) this.#tree.append(leaf)
  }

  /**
   * After a failed write or fdatasync nobody knows what reached the disk, and a second fdatasync that succeeds proves
   * nothing of what was written before it. So the file is cut back to what was acknowledged, everything that waits is refused,
   * since it was sealed onto what is gone, and no append is taken until the trail is opened again.
   */
  async #fail(batch: readonly Call[], cause: unknown): Promise<void> {
    this.#failure = { cause }
    this.#refuse(batch, cause, await this.#takeBack(cause))
  }

  #refuse(batch: readonly Call[], cause: unknown, takenBack: boolean): void {
    const help = takenBack
      ? 'nothing of it is in the trail. To write again, close the store and open it'
      : 'what was begun could not be taken back. Close the store and open it, then look whether the entry is there'
    const error = unwritable(this.#path, 'write', cause, { help, facts: { takenBack } })
    for (const call of batch) call.reject(error)
    this.#queue.rejectWaiting(error)
  }

  async #takeBack(cause: unknown): Promise<boolean> {
    try {
      // What others have written is not ours to cut, and nothing of ours is there.
      if (!(cause instanceof Foreign)) {
        this.#unflushed?.callOff()
        const { end } = this.#durable
        // A file that somebody has cut meanwhile would be filled up with zeros.
        if (this.#system.fstat(this.#fd).size > end) await this.#system.ftruncate(this.#fd, end)
        await this.#system.fdatasync(this.#fd)
        this.#unflushed = undefined
      }
      // Last: where this fails, all of the batch comes in at the next opening, and no part of it.
      return await this.#journal.withdraw()
    } catch (failed) {
      if (this.#unflushed !== undefined) this.#owed = { cause: failed }
      return false
    }
  }
}

const nextTick = (): Promise<void> => new Promise(resolve => process.nextTick(resolve))
const immediate = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** All that a batch has sealed. Most often it is of one call. */
function sealedIn(batch: readonly Call[]): readonly Sealed[] {
  const [first] = batch
  return first !== undefined && batch.length === 1 ? first.asked.sealed : batch.flatMap(call => call.asked.sealed)
}
