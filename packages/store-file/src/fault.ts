import { CountersignError } from '@countersign/trail'
import { systemCode } from './file-system.ts'

/**
 * What would help a person against a failed system call, and what more where that was for a trail; the code itself stands in
 * the message already.
 */
const HELP: ReadonlyMap<string, readonly [help: string, forTrail?: string]> = new Map([
  ['EACCES', ['let the account of this process read and write the file and its folder']],
  ['EPERM', ['let the account of this process read and write the file and its folder']],
  ['EROFS', ['the disk is mounted read-only: mount it for writing', ', or open the trail with readOnly']],
  ['ENOSPC', ['the disk is full: make room', ', then open the trail again']],
  ['EDQUOT', ["the account's share of the disk is used up: make room", ', then open the trail again']],
  ['EIO', ['the disk reports a fault: check it', ' before you trust it with a trail']],
  ['ENOTDIR', ['a part of the path is a file where a folder is expected']],
  ['ENAMETOOLONG', ['use a shorter path']],
  ['EMFILE', ['this process has too many files open']],
  ['ENFILE', ['this machine has too many files open']],
])

/** What else is said of a failed system call. */
interface After {
  readonly help?: string
  readonly facts?: Record<string, unknown>
  /** Given where it was for no trail, so that none is spoken of in what helps. */
  readonly isForTrail?: false
}

/** `store.unwritable`: a system call failed, told as what was being done, where, why, and what would help. */
export function unwritable(path: string, doing: string, cause: unknown, after: After = {}): CountersignError {
  const help = after.help === undefined ? '' : `; ${after.help}`
  const what = `cannot ${doing} ${path}: ${messageOf(cause)}`
  const remedy = systemCode(cause) === 'EROFS' ? { what, remedy: 'writable' } : {}
  return new CountersignError(
    'store.unwritable',
    `cannot ${doing} ${path}: ${reason(cause, after.isForTrail)}${help}`,
    {
      facts: { path, ...remedy, ...after.facts },
      cause,
    },
  )
}

/** What helps where something is damaged that was whole. */
export const RESTORE =
  'see with verify-trail what is lost, restore the file from a copy, and hold the copy against a checkpoint'

/** `store.damaged`: a line that is no entry in its place. Nothing was written. */
export function damagedLine(
  path: string,
  line: number,
  offset: number,
  because: string,
  cause?: unknown,
): CountersignError {
  const message =
    `${path} is no sound trail: line ${line} (at byte ${offset}) ${because}. Nothing was changed; ` +
    `if it was one, ${RESTORE}`
  return new CountersignError('store.damaged', message, {
    facts: { path, line, offset, because, help: RESTORE },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** `store.damaged`: what the journal holds for the end of the trail cannot be taken. Nothing was written. */
export function damagedJournal(at: Beside, offset: number, because: string): CountersignError {
  const what = `what belongs at byte ${offset} and may have been acknowledged lies in ${at.journal}, and ${because}`
  return unfitJournal(at, `cannot bring ${at.file} to its end: ${what}`, { offset, because, what })
}

/** `store.damaged`: the trail has not what it had, by the journal, when it was flushed last. */
export function harmedSince(at: Beside, offset: number, because: string): CountersignError {
  const what = `is not as it was when it was flushed, as ${at.journal} tells of what belongs at byte ${offset}: ${because}`
  return unfitJournal(at, `${at.file} ${what}`, { offset, because, what: `it ${what}` })
}

/** `store.damaged`: so many entries belong behind those of the trail, and are in its journal alone. Nothing was written. */
export function lacking(at: Beside, offset: number, had: number, entries: number): CountersignError {
  const belong = entries - had === 1 ? 'the entry that belongs' : `the ${entries - had} entries that belong`
  const because = `${belong} at byte ${offset} and may have been acknowledged ${entries - had === 1 ? 'is' : 'are'} in ${at.journal} alone`
  const help = 'open the trail to write, as the desk does that writes it: that brings in what is in the journal'
  return new CountersignError(
    'store.damaged',
    `${at.file} is not all there: ${because}. Nothing was changed; ${help}`,
    {
      facts: { path: at.journal, trail: at.file, offset, entries, because, what: because, help },
    },
  )
}

/** `store.damaged`: behind the last entry stand bytes that are none, and no journal tells of them. Nothing was written. */
export function tornEnd(path: string, offset: number, bytes: number): CountersignError {
  const because = `it ends in the middle of an entry: ${bytes} bytes from byte ${offset} on are no whole one, and no journal beside it tells of them`
  const help =
    'hold it against a checkpoint, and put back a copy, as its end may have been cut off, and what was acknowledged with it: a process that is killed leaves a journal. Of a file that somebody was writing while it was copied, take another copy. Opening it to write cuts these bytes off'
  return new CountersignError('store.damaged', `${path} is not all there: ${because}. Nothing was changed; ${help}`, {
    facts: { path, offset, bytes, because, what: because, help },
  })
}

/** A trail, and the journal beside it. */
interface Beside {
  readonly file: string
  readonly journal: string
}

function unfitJournal(
  at: Beside,
  told: string,
  facts: { offset: number; because: string; what: string },
): CountersignError {
  const help = `hold ${at.file} against a checkpoint (verify-trail). Where it is to count as it lies, as a copy that was taken while somebody wrote, or as an older state, delete ${at.journal}`
  return new CountersignError('store.damaged', `${told}. Nothing was changed; ${help}`, {
    facts: { path: at.journal, trail: at.file, ...facts, help },
  })
}

/** `store.damaged`: what was there before can no longer be read. */
export function unreadable(path: string, cause: unknown): CountersignError {
  // Where the system says why, what is there may be whole.
  const help = systemCode(cause) === undefined ? ` (${RESTORE})` : ''
  const message = `cannot read ${path}: ${reason(cause)}${help}`
  return new CountersignError('store.damaged', message, {
    facts: { path, ...(help === '' ? {} : { help: RESTORE }) },
    cause,
  })
}

/** `store.damaged`: the file ends before it did when it was closed. */
export function shortened(
  path: string,
  size: number,
  was: { readonly size: number; readonly entries: number },
  index: string,
): CountersignError {
  const help = `put the file back as it was, or a copy, and hold it against a checkpoint (verify-trail). Where an older state was put there on purpose, or another trail is to begin, delete ${index}: what is there counts then`
  const because = `it has ${size} bytes, and had ${was.size} (${was.entries} entries) when it was closed last, as ${index} says: its end is gone`
  return new CountersignError(
    'store.damaged',
    `cannot open ${path} to write: ${because}. Nothing was changed; ${help}`,
    {
      facts: { path, index, size, was: was.size, entries: was.entries, because, what: because, help },
    },
  )
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

function reason(cause: unknown, isForTrail = true): string {
  const message = messageOf(cause)
  const [help, forTrail = ''] = HELP.get(systemCode(cause) ?? '') ?? []
  return help === undefined ? message : `${message} (${help}${isForTrail ? forTrail : ''})`
}
