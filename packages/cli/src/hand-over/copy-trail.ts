import { CountersignError, EMPTY_ROOT, Tree, wholeTrail } from '@countersign/trail'
import type { Draft, Head } from '@countersign/trail/store'
import { InputError } from '../shell/input-error.ts'
import { shellWord } from '../shell/shell-word.ts'
import { damaged, type Located, type SoundEntry, soundEntries } from '../source/sound-entries.ts'
import { asInput, told } from '../source/store-address.ts'

/** Entries that are written at once: few enough for one transaction, many enough that it does not wait for each. */
const BATCH = 256

/** What a copy came to. */
export interface Copied {
  /** How many entries the target had already, and how many it has now. */
  readonly from: number
  readonly size: number
  readonly root: string
}

/**
 * Copies a trail entry by entry, byte for byte, up to where its entries end now; a source whose head says something else than
 * they do is refused, as nobody can tell which of the two is right. A target that holds a beginning of it already is
 * gone on with, after each of its entries was compared by its bytes; one that holds something else, or is damaged, is refused
 * before anything is written. Each entry is sealed anew by the target, and must come out as it was; at the end both have the
 * same root. Throws `InputError` where that cannot be, with the store, and the entry where it is about one.
 */
export async function copyTrail(
  source: Located,
  target: Located,
  onProgress: (done: number, total: number) => void,
): Promise<Copied> {
  const head = await headOf(source)
  const already = await headOf(target)
  if (already.size > head.size) {
    const size = await sizeOf(source, head)
    if (already.size > size) {
      const parted = await partingOf(source, target, size)
      throw differ(
        `the target has ${already.size} entries, and the source ${size}: ${
          parted === undefined ? 'the source is the beginning of the target' : `they part at entry ${parted}`
        }`,
      )
    }
  }
  const tree = new Tree()
  const others = entriesOf(target, already, new Tree())
  let batch: SoundEntry[] = []
  const write = async (): Promise<void> => {
    if (batch.length === 0) return
    const sealed = await target.store
      .append(batch.map(draftOf), { [wholeTrail]: batch[0]?.seq ?? 0 })
      .catch(async error => {
        throw await notAppended(error, batch, source, target)
      })
    for (const [at, entry] of batch.entries()) {
      if (sealed[at]?.leafHash !== entry.leafHash)
        throw damaged(source.address, `entry ${entry.seq} came out otherwise than it was`)
    }
    batch = []
  }
  const compare = async ({ seq, leafHash }: SoundEntry): Promise<void> => {
    const { value } = await others.next()
    if (value?.leafHash === leafHash) return
    throw differ(
      `the ${already.size} entries of the target are others than the first ones of the source: they part at entry ${seq}`,
    )
  }
  // To its end, where its head is held against its entries.
  const endBeginning = async (): Promise<void> => {
    if ((await others.next()).done !== true) throw await movedOn(source, target)
  }
  try {
    for await (const entry of entriesOf(source, head, tree)) {
      if (entry.seq < already.size) await compare(entry)
      else {
        if (entry.seq === already.size) await endBeginning()
        batch.push(entry)
        if (batch.length === BATCH) await write()
      }
      onProgress(entry.seq + 1, Math.max(entry.seq + 1, head.size))
    }
    if (tree.size === already.size) await endBeginning()
  } finally {
    await others.return(undefined)
  }
  await write()
  const { size } = tree
  const { root, size: now } = await headOf(target)
  if (now !== size || root !== tree.root()) throw differ('the target does not have the root of the source')
  return { from: already.size, size, root }
}

/**
 * The entries of a trail to their end, of which each comes to the tree when the next one is asked for. Throws `InputError` at the
 * first one that is not sound, and where the head says something else than the entries.
 */
async function* entriesOf(source: Located, head: Head, tree: Tree): AsyncGenerator<SoundEntry> {
  let said = head
  let last: string = EMPTY_ROOT
  const compare = (): void => {
    if (tree.root() !== said.root) throw damagedHead(source, `has root ${said.root}, and the entries ${tree.root()}`)
    if (last !== said.leafHash) throw damagedHead(source, `ends with leaf hash ${said.leafHash}, and they with ${last}`)
  }
  for await (const entry of soundEntries(source)) {
    if (entry.seq === said.size) {
      compare()
      // Others may have written since, and then it says so by now.
      said = await headOf(source)
      if (said.size <= entry.seq) throw damagedHead(source, `says ${said.size} entries, and there are more`)
    }
    yield entry
    tree.append(entry.leafHash)
    last = entry.leafHash
  }
  if (tree.size < head.size) throw damaged(source.address, `entry ${tree.size} is missing`)
  if (tree.size === said.size) compare()
}

/** How many entries there are to be read. Throws as reading them does. */
async function sizeOf(source: Located, head: Head): Promise<number> {
  const tree = new Tree()
  const entries = entriesOf(source, head, tree)
  while ((await entries.next()).done !== true);
  return tree.size
}

const damagedHead = ({ address }: Located, because: string): InputError =>
  new InputError(`${told(address)} is damaged: its head ${because}`, {
    hint: `Entries were replaced or taken out, or the head was: hold it against a checkpoint, with verify-trail. countersign export ${shellWord(told(address))} writes the entries, whatever the head says.`,
  })

/** The first entry in which two trails differ among the first `most`; nothing where they have the same ones. */
async function partingOf(one: Located, other: Located, most: number): Promise<number | undefined> {
  const others = soundEntries(other, most)
  try {
    for await (const { seq, leafHash } of soundEntries(one, most)) {
      const { value, done } = await others.next()
      if (done === true || value.leafHash !== leafHash) return seq
    }
    return undefined
  } finally {
    await others.return(undefined)
  }
}

/** How a trail ends. Throws with its address, where that cannot be told. */
const headOf = ({ store, address }: Located): Promise<Head> =>
  store.head().catch(error => {
    throw asInput(error, address)
  })

/** Why a target has not taken what came next: the target has moved, or what the source says is no next entry. */
async function notAppended(
  error: unknown,
  batch: readonly SoundEntry[],
  source: Located,
  target: Located,
): Promise<unknown> {
  if (!(error instanceof CountersignError) || error.code !== 'store.conflict') return asInput(error, target.address)
  const { stream, expected, actual } = error.facts
  const misplaced = batch.find(({ body }) => body.stream === stream && body.streamSeq === expected)
  if (misplaced !== undefined && stream !== wholeTrail)
    return damaged(
      source.address,
      `entry ${misplaced.seq} should be ${String(actual)} of its stream, and says that it is ${String(expected)}`,
      error,
    )
  return movedOn(source, target, error)
}

/** That the target has moved, and whether it can be gone on with: others may be copying the same source. */
async function movedOn(source: Located, target: Located, cause?: unknown): Promise<InputError> {
  const { size } = await headOf(target)
  const parted = await partingOf(target, source, size)
  return new InputError('not copied to its end: somebody else writes into the target', {
    hint:
      parted === undefined
        ? 'End that, and copy again: it goes on where it stopped.'
        : `By now entry ${parted} of the target is not that of the source, so the source cannot be copied into it any more. Copy it to where nothing is yet, and let nobody write there meanwhile.`,
    cause,
  })
}

function draftOf({ body }: SoundEntry): Draft {
  const { seq: _, ...draft } = body
  return draft
}

const differ = (because: string): InputError =>
  new InputError(`not copied: ${because}`, { hint: 'verify-trail tells more of either.' })
