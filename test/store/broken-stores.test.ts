import { type ContractStores, storeContract } from '@countersign/testing/store-contract'
import { CountersignError, EMPTY_ROOT, leafHash, parseJson, readEntry, Tree, wholeTrail } from '@countersign/trail'
import {
  type Draft,
  type Expected,
  type Head,
  ownRange,
  placeOf,
  type Range,
  requireRange,
  type Sealed,
  sealAll,
} from '@countersign/trail/store'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { alike } from './alike.ts'

interface Row {
  readonly stream: string
  readonly entry: Sealed
}

/** A head, with what the next root is made of. */
interface End extends Head {
  readonly peaks: readonly string[]
}

/** What stays when a store is closed, and what all that have it open share. */
interface Disk {
  readonly rows: Row[]
  readonly heads: End[]
}

const turn = () => Promise.resolve()
const EMPTY: End = { size: 0, leafHash: EMPTY_ROOT, root: EMPTY_ROOT, peaks: [] }

/** A store that keeps the contract, in steps that can each be done wrong. */
class PlainStore {
  protected isClosed = false
  protected readonly disk: Disk
  constructor(disk: Disk) {
    this.disk = disk
  }

  protected checkOpen(): void {
    if (this.isClosed) throw new CountersignError('store.closed', 'the store was closed')
  }

  async head(): Promise<Head> {
    this.checkOpen()
    return headOf(this.end())
  }

  async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.checkOpen()
    return this.write(drafts, expected).map(copy)
  }

  protected write(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    const sealed = this.seal(drafts, expected)
    this.put(this.rowsOf(drafts, sealed))
    return sealed
  }

  protected seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    return sealAll(drafts, expected, { ...this.end(), version: stream => this.version(stream) })
  }

  protected rowsOf(drafts: readonly Draft[], sealed: readonly Sealed[]): Row[] {
    return sealed.map((entry, at) => ({ stream: (drafts[at] as Draft).stream, entry }))
  }

  protected end(): End {
    return this.disk.heads.at(-1) ?? EMPTY
  }

  protected version(stream: string): number {
    return this.disk.rows.filter(row => this.isOf(row, stream)).length
  }

  protected isOf(row: Row, stream: string): boolean {
    return row.stream === stream
  }

  protected put(rows: readonly Row[]): void {
    const tree = Tree.from(this.disk.heads.at(-1) ?? EMPTY)
    for (const { entry } of rows) tree.append(entry.leafHash)
    this.disk.rows.push(...rows)
    const last = rows.at(-1)?.entry
    if (last !== undefined) this.disk.heads.push({ ...tree.state(), leafHash: last.leafHash, root: tree.root() })
  }

  /** All that a range asks for when a reading begins. */
  protected found(range: Range): readonly Row[] {
    requireRange(range)
    const rows = this.disk.rows.slice(0, this.end().size)
    if ('stream' in range) return rows.filter(row => this.isOf(row, range.stream))
    return rows.slice(placeOf('from', range.from ?? 0), placeOf('to', range.to ?? rows.length))
  }

  read(range?: Range): AsyncGenerator<Sealed, void, undefined> {
    return this.entriesOf(ownRange(range))
  }

  protected async *entriesOf(range: Range): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    for (const { entry } of this.found(range)) {
      this.checkOpen()
      yield copy(entry)
    }
  }

  async close(): Promise<void> {
    this.isClosed = true
  }
}

const headOf = ({ size, leafHash, root }: End): Head => ({ size, leafHash, root })

const copy = (entry: Sealed): Sealed => ({ ...entry, bytes: entry.bytes.slice() })

function copyOf<T>(value: T): T {
  try {
    return structuredClone(value)
  } catch (cause) {
    throw new CountersignError('canonical', 'a draft has no canonical form', { cause })
  }
}

type Adapter = new (disk: Disk) => PlainStore

function storesOf(Adapter: Adapter): ContractStores {
  const disks = new WeakMap<object, Disk>()
  const open = async (disk: Disk) => {
    const store = new Adapter(disk)
    disks.set(store, disk)
    return store
  }
  const again = (store: object) => open(disks.get(store) as Disk)
  return { open: () => open({ rows: [], heads: [] }), reopen: again, second: again }
}

function trialsOf(stores: ContractStores): Map<string, () => Promise<void>> {
  const trials = new Map<string, () => Promise<void>>()
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => void trials.set(title, body),
    expect: (actual: unknown) => expect(actual),
  }
  storeContract('a store', runner, stores)
  return trials
}

type Outcome = 'passed' | 'failed' | 'late'

/**
 * What a trial comes to within so many milliseconds: `late` where it has not come to an end by then, which says nothing of the
 * contract. A slip in an adapter proves nothing either, and is thrown.
 */
async function outcomeOf(trial: () => Promise<void>, patience: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome>(resolve => {
    timer = setTimeout(resolve, patience, 'late')
  })
  const ended = trial().then(
    (): Outcome => 'passed',
    (error: unknown): Outcome => {
      const isOwn = error instanceof TypeError && !/read only|not extensible|Cannot delete/.test(error.message)
      if (isOwn || error instanceof ReferenceError) throw error
      return 'failed'
    },
  )
  return Promise.race([ended, late]).finally(() => clearTimeout(timer))
}

/** Takes streams for one whose names come to the same. */
const named = (name: (stream: string) => string): Adapter => {
  const known = new Map<string, string>()
  const nameOf = (stream: string): string => {
    const kept = known.get(stream) ?? name(stream)
    known.set(stream, kept)
    return kept
  }
  return class extends PlainStore {
    protected override isOf(row: Row, stream: string): boolean {
      return nameOf(row.stream) === nameOf(stream)
    }
  }
}

/** Takes streams for one where it reads, and for two where it compares. */
const readBy = (name: (stream: string) => string): Adapter =>
  class extends PlainStore {
    protected override found(range: Range): readonly Row[] {
      if (!('stream' in range)) return super.found(range)
      return super.found({}).filter(row => name(row.stream) === name(range.stream))
    }
  }

/** Reads no more than a page of what a range asks for, where the range is one of these. */
const cut = (page: number, isCut: (range: Range) => boolean): Adapter =>
  class extends PlainStore {
    protected override found(range: Range): readonly Row[] {
      const rows = super.found(range)
      return isCut(range) ? rows.slice(0, page) : rows
    }
  }

const isStream = (range: Range): boolean => 'stream' in range

/** Asks for a page, and for the next one when it is wanted: what a page is asked for by may be wrong. */
const paged = (next: (last: number, page: number) => number, isKept: boolean): Adapter =>
  class extends PlainStore {
    override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
      this.checkOpen()
      const kept = this.found(range).length
      for (let at = 0; ; ) {
        const page = this.found(range)
          .slice(0, isKept ? kept : undefined)
          .slice(at, at + 1_000)
        for (const { entry } of page) {
          this.checkOpen()
          yield copy(entry)
        }
        if (page.length < 1_000) return
        at = next(at + 999, 1_000)
      }
    }
  }

/** Ends what reads when it is closed, as if there were no more. */
class EndsSilently extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    for (const { entry } of this.found(range)) {
      if (this.isClosed) return
      yield copy(entry)
    }
  }
}

class EndsAfterPage extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    for (const [at, { entry }] of this.found(range).entries()) {
      if (at % 512 === 0 && this.isClosed) return
      yield copy(entry)
    }
  }
}

class EndsWhoAsks extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    await turn()
    if (this.isClosed) return
    yield* super.read(range)
  }
}

/** Knows of its own last append only, once it has appended. */
class KeepsItsEnd extends PlainStore {
  #own: End | undefined
  protected override end(): End {
    return this.#own ?? super.end()
  }
  protected override put(rows: readonly Row[]): void {
    super.put(rows)
    this.#own = this.disk.heads.at(-1)
  }
  override async head(): Promise<Head> {
    return headOf(super.end())
  }
  protected override found(range: Range): readonly Row[] {
    const own = this.#own
    this.#own = undefined
    const rows = super.found(range)
    this.#own = own
    return rows
  }
}

/** Refuses to append after somebody else has, where it has appended already: its size is its own. */
class ComparesItsEnd extends PlainStore {
  #size: number | undefined
  protected override put(rows: readonly Row[]): void {
    if (this.#size !== undefined && this.#size !== this.end().size)
      throw new CountersignError('store.conflict', 'it has moved', { facts: {} })
    super.put(rows)
    this.#size = this.end().size
  }
}

/** Remembers versions once it has looked at them, and counts on from there by itself. */
const remembering = (isRemembered: (stream: string, drafts: readonly Draft[]) => boolean): Adapter =>
  class extends PlainStore {
    readonly #versions = new Map<string, number>()
    #drafts: readonly Draft[] = []
    protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
      this.#drafts = drafts
      return super.seal(drafts, expected)
    }
    protected override version(stream: string): number {
      const known = this.#versions.get(stream)
      if (known !== undefined && isRemembered(stream, this.#drafts)) return known
      const version = super.version(stream)
      this.#versions.set(stream, version)
      return version
    }
    protected override put(rows: readonly Row[]): void {
      super.put(rows)
      for (const { stream } of rows) this.#versions.set(stream, super.version(stream))
    }
  }

/** Compares the trail as a whole with what it has written itself and found when it was opened. */
class CountsTheWhole extends PlainStore {
  #size = this.end().size
  protected override seal(drafts: readonly Draft[], { [wholeTrail]: whole, ...rest }: Expected): readonly Sealed[] {
    if (whole !== undefined && whole !== this.#size)
      throw new CountersignError('store.conflict', 'it has moved', {
        facts: { stream: wholeTrail, expected: whole, actual: this.#size },
      })
    const sealed = super.seal(drafts, rest)
    this.#size += sealed.length
    return sealed
  }
}

/** Shows what is written to nobody else before the next turn. */
class ShowsLate extends PlainStore {
  #late: Row[] = []
  protected override end(): End {
    this.#settle()
    return super.end()
  }
  protected override put(rows: readonly Row[]): void {
    this.#late.push(...rows)
    setTimeout(() => this.#settle())
  }
  #settle(): void {
    const rows = this.#late.splice(0)
    if (rows.length > 0) super.put(rows)
  }
}

/** Compares, and writes only then: a lock in one store, and none between two. */
class LocksForItself extends PlainStore {
  #last: Promise<unknown> = turn()
  override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.checkOpen()
    const own = copyOf({ drafts, expected })
    const appended = this.#last.then(async () => {
      const sealed = this.seal(own.drafts, own.expected)
      await turn()
      this.put(this.rowsOf(own.drafts, sealed))
      return sealed.map(copy)
    })
    this.#last = appended.catch(() => {})
    return appended
  }
}

/** One append after the other, with something wrong about how they are answered. */
abstract class Queued extends PlainStore {
  protected last: Promise<unknown> = turn()
  override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.checkOpen()
    const own = this.copied({ drafts, expected })
    const appended = this.last.then(() => this.carryOut(own.drafts, own.expected))
    this.last = this.after(appended)
    return appended
  }
  protected copied<T>(value: T): T {
    return copyOf(value)
  }
  protected abstract carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  protected after(appended: Promise<unknown>): Promise<unknown> {
    return appended.catch(() => {})
  }
  override async close(): Promise<void> {
    this.isClosed = true
    await this.last
  }
}

/** Writes the entries of a batch one by one, once all of them are sealed. */
class ShowsOneByOne extends Queued {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const sealed = this.seal(drafts, expected)
    for (const row of this.rowsOf(drafts, sealed)) {
      this.put([row])
      await turn()
    }
    return sealed.map(copy)
  }
}

/** Its own reader does not see the part of a batch, but everybody else does. */
class ShowsOthersOneByOne extends ShowsOneByOne {
  #hidden: number | undefined
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const { size } = super.end()
    const sealed = this.seal(drafts, expected)
    this.#hidden = size
    try {
      for (const row of this.rowsOf(drafts, sealed)) {
        this.put([row])
        await turn()
      }
    } finally {
      this.#hidden = undefined
    }
    return sealed.map(copy)
  }
  protected override end(): End {
    const hidden = this.#hidden
    if (hidden === undefined) return super.end()
    return this.disk.heads.find(({ size }) => size === hidden) ?? EMPTY
  }
}

/** Moves the head first, and writes the entries then. */
class MovesHeadFirst extends Queued {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const sealed = this.seal(drafts, expected)
    const rows = this.rowsOf(drafts, sealed)
    this.put(rows)
    this.disk.rows.splice(-rows.length, rows.length)
    for (let at = 0; at < 4; at++) await turn()
    this.disk.rows.push(...rows)
    return sealed.map(copy)
  }
}

/** Writes each draft as it goes, and takes back what it has written where a later one is refused. */
class TakesBack extends Queued {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const { size } = this.end()
    this.seal([], expected)
    const sealed: Sealed[] = []
    try {
      for (const draft of drafts) {
        const next = this.seal([draft], {})
        sealed.push(...next)
        this.put(this.rowsOf([draft], next))
        await turn()
      }
    } catch (error) {
      this.disk.rows.splice(size)
      this.disk.heads.splice(0, this.disk.heads.length, ...this.disk.heads.filter(head => head.size <= size))
      throw error
    }
    return sealed.map(copy)
  }
}

/** The root is that of a moment before. */
class LagsBehind extends Queued {
  #root = EMPTY_ROOT
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.#root = this.end().root
    const sealed = this.write(drafts, expected)
    for (let at = 0; at < 8; at++) await turn()
    this.#root = this.end().root
    return sealed.map(copy)
  }
  override async head(): Promise<Head> {
    this.checkOpen()
    return { ...headOf(this.end()), root: this.#root === EMPTY_ROOT ? this.end().root : this.#root }
  }
}

/** After a refusal nothing more comes to be carried out. */
class HangsOnRefusal extends Queued {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    return this.write(drafts, expected).map(copy)
  }
  protected override after(appended: Promise<unknown>): Promise<unknown> {
    return appended.catch(() => new Promise(() => {}))
  }
  override async close(): Promise<void> {
    this.isClosed = true
  }
}

/** Takes all that is asked for in one turn together. */
abstract class Together extends PlainStore {
  #waiting: Call[] = []
  override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.checkOpen()
    const own = copyOf({ drafts, expected })
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ ...own, resolve, reject }) === 1)
        process.nextTick(() => this.carryOut(this.#waiting.splice(0)))
    })
  }
  protected abstract carryOut(calls: readonly Call[]): void
  override async close(): Promise<void> {
    this.isClosed = true
    if (this.#waiting.length > 0) await new Promise<void>(resolve => process.nextTick(resolve))
  }
}

interface Call {
  readonly drafts: readonly Draft[]
  readonly expected: Expected
  resolve(sealed: readonly Sealed[]): void
  reject(error: unknown): void
}

/** Compares all of them with what was there before the first of them. */
class ComparesTogether extends Together {
  protected override carryOut(calls: readonly Call[]): void {
    const passed = calls.filter(call => {
      try {
        this.seal([], call.expected)
        return true
      } catch (error) {
        call.reject(error)
        return false
      }
    })
    for (const call of passed) {
      try {
        call.resolve(this.write(call.drafts, {}).map(copy))
      } catch (error) {
        call.reject(error)
      }
    }
  }
}

/** One refusal is everybody's. */
class RefusesAll extends Together {
  protected override carryOut(calls: readonly Call[]): void {
    const { length: before } = this.disk.heads
    const { size } = this.end()
    try {
      const sealed = calls.map(({ drafts, expected }) => this.write(drafts, expected).map(copy))
      for (const [at, call] of calls.entries()) call.resolve(sealed[at] as Sealed[])
    } catch (error) {
      this.disk.rows.splice(size)
      this.disk.heads.splice(before)
      for (const call of calls) call.reject(error)
    }
  }
}

/** Whoever is answered first is given what was sealed last. */
class MixesAnswers extends Together {
  protected override carryOut(calls: readonly Call[]): void {
    const answers: { call: Call; sealed: Sealed[] }[] = []
    for (const call of calls) {
      try {
        answers.push({ call, sealed: this.write(call.drafts, call.expected).map(copy) })
      } catch (error) {
        call.reject(error)
      }
    }
    const length = answers.map(({ call }) => call.drafts.length)
    const same = answers.length > 1 && length.every(count => count === length[0])
    for (const [at, { call, sealed }] of answers.entries())
      call.resolve(same ? (answers.at(-1 - at)?.sealed ?? []) : sealed)
  }
}

/** The entries of batches that come together are written by turns. */
class Interleaves extends Queued {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.seal(drafts, expected)
    const sealed: Sealed[] = []
    for (const draft of drafts) {
      sealed.push(...this.write([draft], {}))
      for (let at = 0; at < 4; at++) await turn()
    }
    return sealed.map(copy)
  }
  protected override after(): Promise<unknown> {
    return turn()
  }
}

/** Lends a reader one of ten connections, which it gets back at the end alone. */
class LosesConnections extends PlainStore {
  #free = 10
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    if (this.#free === 0) throw new CountersignError('store.unavailable', 'no connection is free')
    this.#free--
    yield* super.read(range)
    this.#free++
  }
}

/** Does to what it is handed what it pleases. */
class WritesIntoDrafts extends PlainStore {
  protected override rowsOf(drafts: readonly Draft[], sealed: readonly Sealed[]): Row[] {
    for (const [at, entry] of sealed.entries()) Object.assign(drafts[at] as Draft, { seq: entry.seq })
    return super.rowsOf(drafts, sealed)
  }
}

class CountsExpectedUp extends PlainStore {
  protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    const sealed = super.seal(drafts, expected)
    for (const { stream, streamSeq } of drafts)
      if (stream in expected) (expected as Record<string, number>)[stream] = streamSeq + 1
    return sealed
  }
}

/** Looks at what it was handed only when its turn has come. */
class LooksLate extends Queued {
  protected override copied<T>(value: T): T {
    const { drafts, expected } = value as { drafts: readonly Draft[]; expected: Expected }
    return { drafts: copyOf(drafts), expected } as T
  }
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    return this.write(drafts, expected).map(copy)
  }
}

class LooksLateAtDrafts extends Queued {
  protected override copied<T>(value: T): T {
    const { drafts, expected } = value as { drafts: readonly Draft[]; expected: Expected }
    return { drafts, expected: { ...expected } } as T
  }
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    return this.write(drafts, expected).map(copy)
  }
}

class HashesOtherwise extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    for await (const entry of super.read(range))
      yield isStream(range) ? { ...entry, leafHash: leafHash(new Uint8Array(1)) } : entry
  }
}

/** Knows of no entry that was there when it was opened, where versions are compared. */
class CountsSinceOpening extends PlainStore {
  readonly #before = this.disk.rows.length
  protected override version(stream: string): number {
    return this.disk.rows.slice(this.#before).filter(row => row.stream === stream).length
  }
}

/** Reads in a page when it is opened, and counts on from there. */
class OpensOnePage extends PlainStore {
  readonly #missing = this.disk.rows.slice(1_000)
  protected override version(stream: string): number {
    return super.version(stream) - this.#missing.filter(row => row.stream === stream).length
  }
}

class OpensWithPagesRoot extends PlainStore {
  readonly #page = this.disk.rows.length > 1_024 ? this.disk.heads.find(({ size }) => size > 900) : undefined
  protected override end(): End {
    return this.#page ?? super.end()
  }
}

class TakesStarForAll extends PlainStore {
  protected override found(range: Range): readonly Row[] {
    return super.found('stream' in range && range.stream === wholeTrail ? {} : range)
  }
}

/** As a database does it: `%` for any letters, and `_` for one. */
function isLike(name: string, pattern: string): boolean {
  const [first, ...rest] = pattern
  if (first === undefined) return name === ''
  const more = rest.join('')
  if (first === '%') return isLike(name, more) || (name !== '' && isLike(name.slice(1), pattern))
  return (
    name !== '' &&
    (first === '_' || name.startsWith(first)) &&
    isLike(name.slice(first === '_' ? 1 : first.length), more)
  )
}

/** One append after the other, whichever store it is handed in to. */
abstract class Locked extends PlainStore {
  static readonly #locks = new WeakMap<Disk, Promise<unknown>>()
  readonly #pending = new Set<Promise<unknown>>()
  override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.checkOpen()
    const own = copyOf({ drafts, expected })
    const appended = this.carryOut(own.drafts, own.expected)
    this.#pending.add(appended)
    return appended.finally(() => this.#pending.delete(appended))
  }
  protected abstract carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]>
  protected locked<T>(work: () => T | Promise<T>): Promise<T> {
    const done = (Locked.#locks.get(this.disk) ?? turn()).then(work)
    Locked.#locks.set(
      this.disk,
      done.catch(() => {}),
    )
    return done
  }
  override async close(): Promise<void> {
    this.isClosed = true
    await Promise.allSettled(this.#pending)
  }
}

/** Compares some of what is expected before it has the lock that all share: under one of its own, if it has one. */
const comparingFirst = (hasOwnLock: boolean, isFirst: (stream: string, drafts: readonly Draft[]) => boolean): Adapter =>
  class extends Locked {
    #last: Promise<unknown> = turn()
    protected override carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      const part = (first: boolean): Expected =>
        Object.fromEntries(Object.entries(expected).filter(([stream]) => isFirst(stream, drafts) === first))
      const appended = (hasOwnLock ? this.#last : turn()).then(async () => {
        this.seal([], part(true))
        await turn()
        return this.locked(() => this.write(drafts, part(false)).map(copy))
      })
      this.#last = appended.catch(() => {})
      return appended
    }
  }

const isReadOnly = (stream: string, drafts: readonly Draft[]): boolean =>
  stream !== wholeTrail && drafts.every(draft => draft.stream !== stream)

/** Has no lock, and tries again where another was quicker; but it has compared by then. */
class ComparesOnce extends Locked {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    this.seal(drafts, expected)
    for (;;) {
      const { size } = this.end()
      await turn()
      if (this.end().size === size) return this.write(drafts, {}).map(copy)
    }
  }
}

/** Refuses where another was quicker, whatever that one has written. */
class RefusesWhoIsLate extends Locked {
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const { size } = this.end()
    await turn()
    const actual = this.end().size
    if (actual === size) return this.write(drafts, expected).map(copy)
    const facts = { stream: wholeTrail, expected: size, actual }
    throw new CountersignError('store.conflict', 'it has moved', { facts })
  }
}

/** Draws places before it compares, as a database's sequence does: a refusal uses them up. */
class DrawsPlaces extends PlainStore {
  #usedUp = 0
  protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    try {
      super.seal(drafts, expected)
    } catch (error) {
      this.#usedUp += drafts.length
      throw error
    }
    const end = this.end()
    const version = (stream: string): number => this.version(stream)
    return sealAll(drafts, {}, { ...end, size: end.size + this.#usedUp, version })
  }
}

/** Locks the streams that it writes, one after the other as they come: two may wait for each other. */
class LocksAsTheyCome extends Locked {
  static readonly #held = new WeakMap<Disk, Set<string>>()
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    const held = LocksAsTheyCome.#held.get(this.disk) ?? new Set()
    LocksAsTheyCome.#held.set(this.disk, held)
    const own = new Set<string>()
    try {
      for (const stream of new Set(drafts.map(draft => draft.stream))) {
        for (let turns = 0; held.has(stream); turns++) {
          if (turns === 1_000) throw new CountersignError('store.unavailable', 'two wait for each other')
          await turn()
        }
        held.add(stream)
        own.add(stream)
        await turn()
      }
      return await this.locked(() => this.write(drafts, expected).map(copy))
    } finally {
      for (const stream of own) held.delete(stream)
    }
  }
}

/** Counts for itself the streams that it has written. */
class CountsItsOwn extends PlainStore {
  readonly #versions = new Map<string, number>()
  protected override version(stream: string): number {
    return this.#versions.get(stream) ?? super.version(stream)
  }
  protected override put(rows: readonly Row[]): void {
    for (const { stream } of rows) this.#versions.set(stream, this.version(stream) + 1)
    super.put(rows)
  }
}

/** Believes of a stream that it does not write what it has read of it. */
class BelievesWhatItRead extends PlainStore {
  readonly #versions = new Map<string, number>()
  protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    for (const { stream } of drafts) this.#versions.delete(stream)
    return super.seal(drafts, expected)
  }
  protected override version(stream: string): number {
    return this.#versions.get(stream) ?? super.version(stream)
  }
  protected override found(range: Range): readonly Row[] {
    const rows = super.found(range)
    if ('stream' in range) this.#versions.set(range.stream, rows.length)
    return rows
  }
}

const waiting = () => new Promise<void>(resolve => void setImmediate(resolve))

/** Writes after a while, and says too early that it is closed. */
const closed = (isEarly: 'at once' | 'after one' | 'to others' | 'before the last'): Adapter =>
  class extends Queued {
    #now: Promise<unknown> = turn()
    #before: Promise<unknown> = turn()
    override append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      this.#before = this.last
      return super.append(drafts, expected)
    }
    protected override carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      const written = waiting().then(() => this.write(drafts, expected).map(copy))
      this.#now = written.catch(() => {})
      return written
    }
    override async close(): Promise<void> {
      const isFirst = !this.isClosed
      this.isClosed = true
      await turn()
      if (isEarly === 'after one') await this.#now
      if (isEarly === 'before the last') await this.#before
      if (isEarly === 'to others' && isFirst) await this.last
    }
  }

const maps = new WeakMap<Disk, Map<string, number>>()

function mapOf(disk: Disk): Map<string, number> {
  const map = maps.get(disk) ?? new Map<string, number>()
  maps.set(disk, map)
  return map
}

/** Keeps streams in a map from keys to numbers. */
const keyed = (count: (stream: string) => string, entry: (stream: string, at: number) => string, size = ''): Adapter =>
  class extends PlainStore {
    readonly #map = mapOf(this.disk)
    protected override version(stream: string): number {
      return this.#map.get(count(stream)) ?? 0
    }
    protected override put(rows: readonly Row[]): void {
      super.put(rows)
      for (const { stream, entry: sealed } of rows) {
        const version = this.version(stream)
        this.#map.set(entry(stream, version), sealed.seq)
        this.#map.set(count(stream), version + 1)
        if (size !== '') this.#map.set(size, sealed.seq + 1)
      }
    }
    protected override found(range: Range): readonly Row[] {
      if (!('stream' in range)) return super.found(range)
      const keys = Array.from({ length: this.version(range.stream) }, (_, at) => entry(range.stream, at))
      return keys.flatMap(key => this.disk.rows[this.#map.get(key) as number] ?? [])
    }
  }

/** Compares no more streams than a statement takes values. */
class ComparesTheFirst extends PlainStore {
  protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    return super.seal(drafts, Object.fromEntries(Object.entries(expected).slice(0, 1_000)))
  }
}

class HasIdsForKeys extends PlainStore {
  protected override rowsOf(drafts: readonly Draft[], sealed: readonly Sealed[]): Row[] {
    const ids = new Set(this.disk.rows.map(row => readEntry(row.entry.bytes).body.id))
    for (const { id } of drafts) {
      if (ids.has(id)) throw new CountersignError('store.unwritable', 'there is a row of that key')
      ids.add(id)
    }
    return super.rowsOf(drafts, sealed)
  }
}

class ReadsInOrderOfTime extends PlainStore {
  protected override found(range: Range): readonly Row[] {
    return super.found(range).toSorted((one, other) => timeOf(one).localeCompare(timeOf(other)))
  }
}

const timeOf = (row: Row): string => readEntry(row.entry.bytes).body.at

/** Writes so many entries at once, and the others of a batch then. */
const writing = (count: number, pause: () => Promise<void> = waiting): Adapter =>
  class extends Locked {
    protected override carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      return this.locked(async () => {
        const sealed = this.seal(drafts, expected)
        const rows = this.rowsOf(drafts, sealed)
        for (let at = 0; at < rows.length; at += count) {
          this.put(rows.slice(at, at + count))
          if (rows.length > count) await pause()
        }
        return sealed.map(copy)
      })
    }
  }

/** Shows a long batch in its stream, or in the trail, in parts of so many. */
const showingParts = (count: number, isOfStream: boolean): Adapter =>
  class extends Locked {
    protected override carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      return this.locked(async () => {
        const { size } = this.end()
        const sealed = this.write(drafts, expected)
        for (let shown = count; shown < sealed.length; shown += count) {
          HIDDEN.set(this.disk, size + shown)
          await waiting()
        }
        HIDDEN.delete(this.disk)
        return sealed.map(copy)
      })
    }
    protected override found(range: Range): readonly Row[] {
      const hidden = isStream(range) === isOfStream ? HIDDEN.get(this.disk) : undefined
      return super.found(range).filter(row => hidden === undefined || row.entry.seq < hidden)
    }
  }

/** From which place on entries are not shown. */
const HIDDEN = new WeakMap<Disk, number>()

/** Seals a draft as it pleases. */
const sealing = (changed: (draft: Draft, last: Row | undefined) => Draft): Adapter =>
  class extends PlainStore {
    protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
      const last = this.disk.rows.at(-1)
      return super.seal(
        drafts.map(draft => changed(draft, last)),
        expected,
      )
    }
  }

/** Writes an entry down again when it is read. */
const rewriting = (text: (text: string) => string): Adapter =>
  class extends PlainStore {
    protected override found(range: Range): readonly Row[] {
      return super.found(range).map(({ stream, entry }) => {
        const bytes = new TextEncoder().encode(text(new TextDecoder().decode(entry.bytes)))
        return { stream, entry: { ...entry, bytes } }
      })
    }
  }

/** As a program that has another order of members, or leaves some of them out, writes JSON. */
const jsonOf = (names: (names: readonly string[], value: object) => readonly string[]): ((text: string) => string) => {
  const written = (value: unknown): string => {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    if (Array.isArray(value)) return `[${value.map(written).join()}]`
    const members = names(Object.keys(value), value)
    return `{${members.map(name => `${JSON.stringify(name)}:${written(Reflect.get(value, name))}`).join()}}`
  }
  return text => written(parseJson(text))
}

const inOrder = (compare: (one: string, other: string) => number): ((text: string) => string) =>
  jsonOf(names => names.toSorted(compare))

function byCodePoint(one: string, other: string): number {
  const [ones, others] = [Array.from(one), Array.from(other)].map(letters =>
    letters.map(letter => letter.codePointAt(0) as number),
  )
  const at = (ones as number[]).findIndex((code, place) => code !== others?.[place])
  return at === -1 ? one.length - other.length : (ones?.[at] as number) - (others?.[at] ?? -1)
}

/** Does to what it is handed what it pleases, where it refuses it. */
const refusing = (done: (drafts: Draft[], expected: Record<string, number>) => void): Adapter =>
  class extends PlainStore {
    protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
      try {
        return super.seal(drafts, expected)
      } catch (error) {
        try {
          done(drafts as Draft[], expected as Record<string, number>)
        } catch {
          // It cannot be changed.
        }
        throw error
      }
    }
  }

/** Does to a range what it pleases, or looks at it when it pleases. */
const ranging = (read: (range: Range & { from?: number; to?: number }, size: number) => Range): Adapter =>
  class extends PlainStore {
    override read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
      requireRange(ownRange(range))
      return this.entriesOf(read(range, this.end().size))
    }
  }

class LooksLateAtRange extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    yield* this.entriesOf(ownRange(range))
  }
}

class LooksAgainAtRange extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    for (let at = 0; ; at++) {
      const row = this.found(range)[at]
      if (row === undefined) return
      yield copy(row.entry)
    }
  }
}

/** Takes a range for what it says and nothing more, without any thought of what is undefined. */
const taking = (taken: (range: object) => Range): Adapter =>
  class extends PlainStore {
    override read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
      return this.entriesOf(typeof range === 'object' && range !== null && !Array.isArray(range) ? taken(range) : range)
    }
  }

/** Gives another root at some sizes. */
const rooted = (isWrong: (size: number) => boolean): Adapter =>
  class extends PlainStore {
    override async head(): Promise<Head> {
      const head = await super.head()
      return isWrong(head.size) ? { ...head, root: head.leafHash } : head
    }
  }

/** Takes no append any more after so many readers have stopped early. */
const abandoned = (count: number): Adapter =>
  class extends PlainStore {
    #left = 0
    override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
      this.checkOpen()
      this.#left++
      yield* super.read(range)
      this.#left--
    }
    protected override put(rows: readonly Row[]): void {
      if (this.#left >= count) throw new CountersignError('store.unavailable', 'readers have it')
      super.put(rows)
    }
  }

/** The same, but whoever appends is kept waiting for those readers. */
class WaitsForReaders extends Locked {
  #left = 0
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    this.checkOpen()
    this.#left++
    yield* super.read(range)
    this.#left--
  }
  protected override async carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
    if (this.#left >= 4) await new Promise(() => {})
    return this.write(drafts, expected).map(copy)
  }
}

/** Gives its first page again and again. */
class ReadsInCircles extends PlainStore {
  override async *read(range: Range = {}): AsyncGenerator<Sealed, void, undefined> {
    do yield* super.read(range)
    while (this.disk.rows.length > 1_000)
  }
}

/** Says of every stream that is there that it has moved. */
class ConflictsAlways extends PlainStore {
  protected override seal(drafts: readonly Draft[], expected: Expected): readonly Sealed[] {
    const [stream = ''] = Object.keys(expected)
    const actual = this.version(stream)
    if (actual > 3)
      throw new CountersignError('store.conflict', 'it has moved', { facts: { stream, expected: 0, actual } })
    return super.seal(drafts, expected)
  }
}

/** Acknowledges all of a batch, and keeps as much of it as goes into one call. */
const keeping = (count: number): Adapter =>
  class extends PlainStore {
    protected override rowsOf(drafts: readonly Draft[], sealed: readonly Sealed[]): Row[] {
      return super.rowsOf(drafts, sealed).slice(0, count)
    }
  }

/** Finds out what others have written when it reads or appends, and believes that of its head or of a stream. */
const believing = (isOfHead: boolean): Adapter =>
  class extends PlainStore {
    #known = super.end()
    protected override end(): End {
      this.#known = super.end()
      return this.#known
    }
    protected override put(rows: readonly Row[]): void {
      super.put(rows)
      this.end()
    }
    override async head(): Promise<Head> {
      this.checkOpen()
      return headOf(isOfHead ? this.#known : this.end())
    }
    protected override found(range: Range): readonly Row[] {
      const { size } = this.#known
      return isOfHead || !isStream(range) ? super.found(range) : super.found(range).filter(row => row.entry.seq < size)
    }
  }

/** Takes what is expected of the whole trail for something that has not moved yet, where it lies ahead. */
class LetsTheWholeLieAhead extends PlainStore {
  protected override seal(drafts: readonly Draft[], { [wholeTrail]: whole, ...rest }: Expected): readonly Sealed[] {
    const isAhead = whole === undefined || whole > this.end().size
    return super.seal(drafts, isAhead ? rest : { ...rest, [wholeTrail]: whole })
  }
}

/** Shows an entry in its stream before it shows it in the trail, or the other way round. */
const showing = (isStreamFirst: boolean): Adapter =>
  class extends Locked {
    protected override carryOut(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
      return this.locked(async () => {
        const sealed = this.write(drafts, expected)
        await waiting()
        SHOWN.set(this.disk, this.disk.heads.length)
        return sealed.map(copy)
      })
    }
    #settled(): End {
      return this.disk.heads[(SHOWN.get(this.disk) ?? 0) - 1] ?? EMPTY
    }
    override async head(): Promise<Head> {
      this.checkOpen()
      return headOf(isStreamFirst ? this.#settled() : this.end())
    }
    protected override found(range: Range): readonly Row[] {
      const rows = super.found(range)
      const { size } = this.#settled()
      return isStream(range) === isStreamFirst ? rows : rows.filter(row => row.entry.seq < size)
    }
  }

/** How many heads of a trail are shown. */
const SHOWN = new WeakMap<Disk, number>()

const names = 'No name of a stream means anything to the store'
const unkept = 'A name that a store cannot keep is refused, and never taken for another'
const letters = 'No letter of a name means anything to the store, and no name is that of anything else'
const manyRead = 'However many streams were read, each of them counts'
const saying = 'What else a draft says means nothing to the store: an id may come again, and a clock go back'
const wholeMoved = 'The trail as a whole can be expected not to have moved, whichever stream it is that moves'
const crossed = 'Of callers at once of whom each has read what the others write, one is accepted'
const allRead = 'Of three at once who have all read the same streams, each writing one of them, one is accepted'
const ring = 'Of three at once of whom each has read what the next one writes, two are accepted'
const gap = 'Where one draft of a batch conflicts, nothing of the batch is written'
const orders = 'Of callers at once who write the same streams, in one order or another, one is accepted'
const wholeRead = 'Of callers at once who have read the trail as a whole, one is accepted'
const moved = 'A stream that two write or read has moved for both of them, whatever one has known of it before'
const finished = 'A store that has been closed has finished what was handed in before'
const closedByTwo =
  'A store that is closed by two at once is closed for neither before it has finished what was handed in'
const pages = 'A reader gets all that there is, however a store cuts it into pages'
const begun = 'A reader that has begun keeps the end that it began with'
const closing = 'A reader whose store is closed meanwhile is told so, if it is not given the rest'
const inTurn = 'Writers that append in turn to streams of their own make one trail'
const comparing = 'A writer compares with what others have written, whether it has looked at that or not'
const atOnce = 'Writers that append at once to streams of their own make one trail, and none is refused'
const shown = 'What is acknowledged to a writer can be read at once by whoever else has the trail open'
const partly = 'Nobody sees a part of a batch, nor anything of one that is refused'
const heads = 'A head that is read while others append is one that the trail has had, and can be read up to'
const alone = 'A refusal is the caller’s own: those who ask at the same time are answered as though alone'
const callers = '64 callers at once make a trail without gaps, in which each entry stands once'
const versions = 'What the caller does to the versions that it expects after handing them in counts for nothing'
const handed = 'A store changes nothing of what it is handed, and takes what cannot be changed'
const reopened = 'What was acknowledged is there when the trail is opened again, and the trail goes on from it'
const longAgain = 'A long trail is opened again as it was, to its end'
const early = 'A reader may stop early, and others may read at the same time'
const handedAny = 'A store changes nothing of what it is handed, whether it takes it or refuses it'
const said = 'What a draft says stands in its entry as it was said, letter for letter'
const leaves = 'The head is the one that the definition gives, also where its tree has many leaves'
const undefinedIn = 'What is undefined is not there: a range without it says the same'
const rangeOf = 'A range is what it was when it was handed in, and is not changed'
const stopped = 'Of readers that stop early nothing is left, however many they are'
const likeNames = 'Two names that differ in one code unit are two streams, whatever else takes them for one'
const insisting = 'Of callers that read the same version one succeeds, and whoever tries again loses nothing'
const sameBytes = 'An entry is the same bytes when it is acknowledged, when it is read by place, and by stream'

const EPOCH = '1970-01-01T00:00:00.000Z'

const notBefore = (draft: Draft, last: Row | undefined): Draft => {
  const at = last === undefined ? draft.at : timeOf(last)
  return at > draft.at ? { ...draft, at } : draft
}

const withoutNull = (draft: Draft): Draft =>
  Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== null)) as unknown as Draft

const isDigits = (name: string): number => (/^\d+$/.test(name) ? 1 : 0)
const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
const pausing = (): Promise<void> => new Promise(resolve => void setTimeout(resolve, 3))

const emptied = (range: object): Range => {
  const own = { ...range } as Range
  for (const name of Object.keys(range)) Reflect.deleteProperty(range, name)
  return own
}

const refusedBoth = (range: object): Range => {
  if ('stream' in range && 'from' in range) throw new CountersignError('input', 'a stream and a place')
  return range as Range
}

const withoutUndefined = (range: object): Range =>
  Object.fromEntries(Object.entries(range).filter(([, value]) => value !== undefined)) as Range

/** Those that are tried where streams are read alone as well. */
const readAlike = [
  'makes one slash of two',
  'takes + for a blank',
  'takes letters for those of another case',
  'takes letters without their marks',
  'takes no notice of a soft hyphen',
  'takes every blank for one',
  'takes what is no character for U+FFFD',
  'keeps 16 bits of a letter',
  'drops U+007F',
  'drops $ at the beginning',
] as const

const broken: readonly (readonly [store: string, title: string, Adapter: Adapter])[] = [
  ['goes on from its own last append when another has written', inTurn, KeepsItsEnd],
  ['refuses to append once another has written', inTurn, ComparesItsEnd],
  ['remembers the versions that it has seen', comparing, remembering(() => true)],
  [
    'remembers the versions of streams that it does not write',
    comparing,
    remembering((stream, drafts) => drafts.every(draft => draft.stream !== stream)),
  ],
  ['counts the whole trail by itself', comparing, CountsTheWhole],
  ['has a lock of its own alone', atOnce, LocksForItself],
  ['shows others late what it has acknowledged', shown, ShowsLate],
  ['gives the first 1,000 entries of a trail', pages, cut(1_000, range => !isStream(range))],
  ['gives the first 1,024 entries of a trail', pages, cut(1_024, range => !isStream(range))],
  ['gives the first 1,000 entries of a stream', pages, cut(1_000, isStream)],
  ['gives the first 1,024 entries of a stream', pages, cut(1_024, isStream)],
  ['gives the first 100 entries of a range', pages, cut(100, range => 'to' in range)],
  ['gives the first 1,024 entries from a place on', pages, cut(1_024, range => 'from' in range && !('to' in range))],
  ['gives an entry twice where two pages meet', pages, paged(last => last, true)],
  ['leaves an entry out where two pages meet', pages, paged(last => last + 2, true)],
  ['shows what has come since to a reader that is at its second page', begun, paged(last => last + 1, false)],
  ['shows the entries of a batch one by one', partly, ShowsOneByOne],
  ['shows others the entries of a batch one by one', partly, ShowsOthersOneByOne],
  ['writes a batch, and takes it back where it is refused', partly, TakesBack],
  ['moves the head before the entries are there', heads, MovesHeadFirst],
  ['gives the root of a moment before', heads, LagsBehind],
  ['cuts a name at U+0000', unkept, named(name => name.split('\0', 1)[0] as string)],
  ['leaves U+0000 out of a name', unkept, named(name => name.replaceAll('\0', ''))],
  ['keeps 2,700 characters of a name', unkept, named(name => name.slice(0, 2_700))],
  ['puts U+FFFD for what is no letter', unkept, named(name => name.toWellFormed())],
  ['puts a question mark for what it has no letter for', unkept, named(name => name.replaceAll('\ufffd', '?'))],
  ['takes no notice of a newline at the end', names, named(name => name.replace(/\n$/, ''))],
  ['takes no notice of white space at the end', names, named(name => name.trimEnd())],
  ['takes no notice of a byte order mark', names, named(name => name.replace(/^\ufeff/, ''))],
  ['takes no notice of what has no width', names, named(name => name.replaceAll('\u200b', ''))],
  ['takes names that are composed otherwise for one', names, named(name => name.normalize('NFC'))],
  ['keeps 255 characters of a name', names, named(name => name.slice(0, 255))],
  [
    'looks for names that are like one',
    names,
    class extends PlainStore {
      protected override found(range: Range): readonly Row[] {
        if (!('stream' in range)) return super.found(range)
        return super.found({}).filter(row => isLike(row.stream, range.stream))
      }
    },
  ],
  [
    'looks for names that begin like one',
    names,
    class extends PlainStore {
      protected override found(range: Range): readonly Row[] {
        if (!('stream' in range)) return super.found(range)
        return super.found({}).filter(row => row.stream.startsWith(range.stream))
      }
    },
  ],
  ['gives the whole trail for the stream *', names, TakesStarForAll],
  ['ends a reader silently when it is closed', closing, EndsSilently],
  ['ends a reader silently at the end of a page when it is closed', closing, EndsAfterPage],
  ['gives nothing to a reader that asks as it is closed', closing, EndsWhoAsks],
  ['takes nothing more after a refusal', alone, HangsOnRefusal],
  ['refuses all who ask at once for what one is refused for', alone, RefusesAll],
  ['gives one caller the answer to another', callers, MixesAnswers],
  ['writes batches that come together by turns', callers, Interleaves],
  ['looks late at what is expected', versions, LooksLate],
  ['looks late at the drafts', versions, LooksLateAtDrafts],
  ['writes places into the drafts', handed, WritesIntoDrafts],
  ['counts up what is expected', handed, CountsExpectedUp],
  ['gives a stream with other leaf hashes', sameBytes, HashesOtherwise],
  ['counts versions since it was opened', reopened, CountsSinceOpening],
  ['reads in 1,000 entries when it is opened', longAgain, OpensOnePage],
  ['opens with the head of its first page', longAgain, OpensWithPagesRoot],
  ['loses a connection with each reader that stops early', early, LosesConnections],
  ['compares what it only reads under a lock of its own', crossed, comparingFirst(true, isReadOnly)],
  ['compares what it only reads before it waits for the lock', crossed, comparingFirst(false, isReadOnly)],
  ['compares what only one of three reads before the lock', allRead, comparingFirst(true, isReadOnly)],
  ['compares what it only reads before the lock, in a ring', ring, comparingFirst(true, isReadOnly)],
  ['compares all who come together with what was there before', crossed, ComparesTogether],
  ['does not compare again where another was quicker', crossed, ComparesOnce],
  ['compares the trail as a whole under a lock of its own', wholeRead, comparingFirst(true, s => s === wholeTrail)],
  ['compares the trail as a whole before the lock', wholeRead, comparingFirst(false, s => s === wholeTrail)],
  ['refuses whoever was not the quickest', atOnce, RefusesWhoIsLate],
  ['uses a place up for a refusal', gap, DrawsPlaces],
  ['locks streams as they come', orders, LocksAsTheyCome],
  ['counts for itself the streams that it has written', moved, CountsItsOwn],
  ['believes what it has read of streams that it does not write', moved, BelievesWhatItRead],
  ['says at once that it is closed', finished, closed('at once')],
  ['finishes when it is closed only what it is about', finished, closed('after one')],
  ['says to a second who closes it that it is closed', closedByTwo, closed('to others')],
  ...[':', '#', '/', '|', '.', '-', ',', ';', '=', '@', ' '].flatMap((mark): (readonly [string, string, Adapter])[] => [
    [`takes for a name what stands before “${mark}”`, letters, named(name => name.split(mark, 1)[0] as string)],
    [`leaves “${mark}” out of a name`, letters, named(name => name.replaceAll(mark, ''))],
    [
      `puts “${mark}” between a name and a place`,
      letters,
      keyed(
        name => name,
        (name, at) => `${name}${mark}${at}`,
      ),
    ],
  ]),
  [
    'puts a place behind a name',
    letters,
    keyed(
      name => `v:${name}`,
      (name, at) => `e:${name}${at}`,
    ),
  ],
  [
    'keeps counts where entries are',
    letters,
    keyed(
      name => `v:${name}`,
      (name, at) => `v:${name}#${at}`,
    ),
  ],
  [
    'keeps its size where names are',
    letters,
    keyed(
      name => name,
      (name, at) => `\0${at}\0${name}`,
      'size',
    ),
  ],
  ['takes names for numbers', letters, named(name => String(name.trim() === '' ? name : Number(name) || name))],
  ['compares the first 1,000 streams that were read', manyRead, ComparesTheFirst],
  ['has ids for keys', saying, HasIdsForKeys],
  ['reads in order of time', saying, ReadsInOrderOfTime],
  ['writes a long batch by hundreds', partly, writing(100)],
  ['shows an entry in its stream first', heads, showing(true)],
  ['shows an entry in its stream last', heads, showing(false)],
  ['keeps the first 500 entries of a batch', partly, keeping(500)],
  ['keeps the first 1,000 entries of a batch', partly, keeping(1_000)],
  ['gives the head that it knew when it last read or appended', shown, believing(true)],
  ['gives of a stream what it knew when it last read the trail or appended', shown, believing(false)],
  ['compares no size of the trail that lies ahead', wholeMoved, LetsTheWholeLieAhead],
  ['cuts milliseconds off', saying, sealing(draft => ({ ...draft, at: draft.at.replace(/\d{3}Z$/, '000Z') }))],
  [
    'cuts the last digit of milliseconds off',
    saying,
    sealing(draft => ({ ...draft, at: draft.at.replace(/\dZ$/, '0Z') })),
  ],
  ['has no entry that is older than the last', saying, sealing(notBefore)],
  ['has no time before 1970', saying, sealing(draft => ({ ...draft, at: draft.at < '1970' ? EPOCH : draft.at }))],
  ['takes white space off an id', said, sealing(draft => ({ ...draft, id: draft.id.trim() }))],
  ['keeps 255 characters of an id', said, sealing(draft => ({ ...draft, id: draft.id.slice(0, 255) }))],
  ['leaves out of a draft what is null', said, sealing(withoutNull)],
  ['puts names that are numbers first', said, rewriting(inOrder((one, other) => isDigits(other) - isDigits(one)))],
  ['orders names by code point', said, rewriting(inOrder(byCodePoint))],
  ['orders names by their length', said, rewriting(inOrder((one, other) => one.length - other.length))],
  ['orders names as people do', said, rewriting(inOrder(new Intl.Collator('en').compare))],
  ['orders names by the numbers in them', said, rewriting(inOrder(new Intl.Collator('en', { numeric: true }).compare))],
  ['escapes U+2028', said, rewriting(text => text.replaceAll('\u2028', '\\u2028'))],
  ['escapes U+007F', said, rewriting(text => text.replaceAll('\u007f', '\\u007f'))],
  ['escapes what is no ASCII', said, rewriting(text => text.replace(/[^ -~]/g, letter => escaped(letter)))],
  ['escapes a solidus', said, rewriting(text => text.replaceAll('/', '\\/'))],
  ['escapes what pages take for more', said, rewriting(text => text.replace(/[<>&]/g, letter => escaped(letter)))],
  ['reads a byte order mark away', said, rewriting(text => text.replaceAll('\ufeff', ''))],
  ['composes letters', said, rewriting(text => text.normalize('NFC'))],
  [
    'leaves members out that are null',
    said,
    rewriting(jsonOf((all, of) => all.filter(name => Reflect.get(of, name) !== null))),
  ],
  ['takes large numbers for less', said, rewriting(text => text.replace(/\b9007199254740991\b/g, '9007199254740990'))],
  [
    'takes members that a program knows for its own',
    said,
    rewriting(jsonOf(all => all.filter(name => name !== 'toJSON'))),
  ],
  ...[300, 700, 1_000].flatMap((count): (readonly [string, string, Adapter])[] => [
    [`writes a long batch by parts of ${count}`, partly, writing(count)],
    [`writes a long batch by parts of ${count}, one turn after the other`, partly, writing(count, turn)],
    [`writes a long batch by parts of ${count}, after some time each`, partly, writing(count, pausing)],
    [`shows a long batch by parts of ${count} in its stream`, partly, showingParts(count, true)],
    [`shows a long batch by parts of ${count} in the trail`, partly, showingParts(count, false)],
  ]),
  ['says that it is closed before the last is answered', finished, closed('before the last')],
  ['empties the drafts that it refuses', handedAny, refusing(drafts => void drafts.splice(0))],
  ['takes the last of the drafts away that it refuses', handedAny, refusing(drafts => void drafts.pop())],
  ['turns the drafts round that it refuses', handedAny, refusing(drafts => void drafts.reverse())],
  ['writes into the drafts that it refuses', handedAny, refusing(([one]) => void Object.assign(one ?? {}, { seq: 0 }))],
  ['deletes from what is expected where it refuses', handedAny, refusing((_, expected) => void delete expected.a)],
  [
    'adds to what is expected where it refuses',
    handedAny,
    refusing((_, expected) => void Object.assign(expected, { z: 0 })),
  ],
  [
    'fills in a range',
    rangeOf,
    ranging((range, size) => ('stream' in range ? range : Object.assign(range, { to: size }))),
  ],
  ['takes out of a range what it has read', rangeOf, ranging(emptied)],
  ['looks at a range when the first entry is asked for', rangeOf, LooksLateAtRange],
  ['looks at a range for each entry', rangeOf, LooksAgainAtRange],
  [
    'takes an undefined place for one that is there',
    undefinedIn,
    taking(range => ('from' in range ? { to: 0, ...range } : range)),
  ],
  [
    'takes an undefined end for the beginning',
    undefinedIn,
    taking(range => ('to' in range ? { ...range, to: range.to ?? 0 } : range) as Range),
  ],
  ['refuses an undefined place beside a stream', undefinedIn, taking(refusedBoth)],
  [
    'takes an undefined stream for a name',
    undefinedIn,
    taking(range => ('stream' in range ? { stream: String(range.stream) } : range)),
  ],
  ['takes an undefined stream for none', undefinedIn, taking(withoutUndefined)],
  ['has another root from 100 to 127 entries', leaves, rooted(size => size >= 100 && size < 128)],
  ['has another root of 128 entries', leaves, rooted(size => size === 128)],
  ['has another root of 513 entries', leaves, rooted(size => size === 513)],
  ['has another root of 1,024 entries', leaves, rooted(size => size === 1_024)],
  ...[1, 4, 10, 50].map((count): readonly [string, string, Adapter] => [
    `takes nothing more after ${count} readers that stop early`,
    stopped,
    abandoned(count),
  ]),
  ['waits for readers that have stopped early', stopped, WaitsForReaders],
  ['reads in circles', pages, ReadsInCircles],
  ['refuses always for what has moved', insisting, ConflictsAlways],
  ...readAlike.map((what): readonly [string, string, Adapter] => [
    `${what} where it reads`,
    likeNames,
    readBy(alike[what] as (name: string) => string),
  ]),
  ...Object.entries(alike).map(([what, name]): readonly [string, string, Adapter] => [what, likeNames, named(name)]),
]

/** With these a trial comes to no end, and whoever runs it has to notice that. */
const hanging: ReadonlySet<Adapter> = new Set([HangsOnRefusal, WaitsForReaders])

describe('a store of one’s own', () => {
  for (const [title, trial] of trialsOf(storesOf(PlainStore)))
    test(`that does all of it right is told so: ${title}`, async () => trial())

  test.for(broken)('that %s does not keep the contract', async ([, title, Adapter]) => {
    const trial = trialsOf(storesOf(Adapter)).get(title)
    if (trial === undefined) throw new Error(`the contract has no trial of that name: ${title}`)
    // One that hangs is waited for a second; another has as long as a busy machine may take.
    const hangs = hanging.has(Adapter)
    expect(await outcomeOf(trial, hangs ? 1_000 : 50_000)).toEqual(hangs ? 'late' : 'failed')
  })

  test('that hangs, or is slow, is not told to have failed', async () => {
    const outcomes = [async () => {}, () => Promise.reject(new Error('no')), () => new Promise<void>(() => {})]
    expect(await Promise.all(outcomes.map(trial => outcomeOf(trial, 100)))).toEqual(['passed', 'failed', 'late'])
  })

  test('that fails is not looked at any more', async () => {
    let looks = 0
    let isLost = false
    class IsLost extends PlainStore {
      protected override found(range: Range): readonly Row[] {
        looks++
        // To one of those who look, once.
        if (this.end().size < 30 || isLost) return super.found(range)
        isLost = true
        throw new CountersignError('store.damaged', 'the disk was taken away')
      }
      // It goes on to be read when it is closed, too.
      protected override checkOpen(): void {}
      override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
        return this.end().size < 30 ? super.append(drafts, expected) : new Promise(() => {})
      }
    }
    await expect(trialsOf(storesOf(IsLost)).get(partly)?.()).rejects.toThrow('the disk was taken away')
    // Each may come to the end of the look that it is at.
    await pausing()
    await pausing()
    const seen = looks
    for (let at = 0; at < 20; at++) await pausing()
    expect([seen > 0, looks]).toEqual([true, seen])
  })

  test('that shows another trail to each who looks fills no memory', async () => {
    let looks = 0
    class Flickers extends PlainStore {
      override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
        return this.end().size < 30 ? super.append(drafts, expected) : new Promise(() => {})
      }
      override async head(): Promise<Head> {
        return { ...(await super.head()), root: String(looks) }
      }
      protected override found(range: Range): readonly Row[] {
        looks++
        return super.found(range)
      }
    }
    // Nobody answers: it comes to no end, but they who look do.
    void trialsOf(storesOf(Flickers)).get(heads)?.()
    let seen = -1
    for (let at = 0; at < 200 && looks > seen; at++) {
      seen = looks
      for (let pauses = 0; pauses < 10; pauses++) await pausing()
    }
    expect(looks).toEqual(seen)
  })

  test('that does not answer an append is not looked at for ever', async () => {
    let looks = 0
    const { promise: answered, reject: refuse } = Promise.withResolvers<never>()
    class DoesNotAnswer extends PlainStore {
      override async append(drafts: readonly Draft[], expected: Expected): Promise<readonly Sealed[]> {
        const sealed = await super.append(drafts, expected)
        return drafts.length > 500 ? answered : sealed
      }
      protected override found(range: Range): readonly Row[] {
        looks++
        return super.found(range)
      }
    }
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const trial = trialsOf(storesOf(DoesNotAnswer)).get(partly)?.()
    const pass = async (seconds: number) => {
      for (let at = 0; at < seconds; at++) {
        vi.setSystemTime(Date.now() + 1_000)
        await vi.advanceTimersToNextTimerAsync()
        await new Promise(resolve => setImmediate(resolve))
      }
    }
    // Whoever looks stops for a moment after every few looks: that is when a second passes.
    await pass(4)
    expect([looks > 0, vi.getTimerCount() > 0]).toEqual([true, true])
    await pass(20)
    const seen = looks
    await pass(20)
    expect([looks, vi.getTimerCount()]).toEqual([seen, 0])
    // What it comes to is said by the append alone, however late.
    refuse(new CountersignError('store.unwritable', 'the disk was taken away'))
    await expect(trial).rejects.toThrow('the disk was taken away')
  })
})
