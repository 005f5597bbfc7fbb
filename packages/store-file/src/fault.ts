import { CountersignError } from '@countersign/trail'
import { systemCode } from './file-system.ts'

/** What would help a person against a failed system call; the code itself stands in the message already. */
const HELP: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'let the account of this process read and write the file and its folder'],
  ['EPERM', 'let the account of this process read and write the file and its folder'],
  ['EROFS', 'the disk is mounted read-only: mount it for writing, or open the trail with readOnly'],
  ['ENOSPC', 'the disk is full: make room, then open the trail again'],
  ['EDQUOT', "the account's share of the disk is used up: make room, then open the trail again"],
  ['EIO', 'the disk reports a fault: check it before you trust it with a trail'],
  ['ENOTDIR', 'a part of the path is a file where a folder is expected'],
  ['ENAMETOOLONG', 'use a shorter path'],
  ['EMFILE', 'this process has too many files open'],
  ['ENFILE', 'this machine has too many files open'],
])

/** `store.unwritable`: a system call failed, told as what was being done, where, why, and what would help. */
export function unwritable(
  path: string,
  doing: string,
  cause: unknown,
  after: { readonly help?: string; readonly facts?: Record<string, unknown> } = {},
): CountersignError {
  const help = after.help === undefined ? '' : `; ${after.help}`
  return new CountersignError('store.unwritable', `cannot ${doing} ${path}: ${reason(cause)}${help}`, {
    facts: { path, ...after.facts },
    cause,
  })
}

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
    'verify-trail lists everything that is wrong with it'
  return new CountersignError('store.damaged', message, {
    facts: { path, line, offset, because, help: 'verify-trail' },
    ...(cause === undefined ? {} : { cause }),
  })
}

/** `store.damaged`: what was there before can no longer be read. */
export function unreadable(path: string, cause: unknown): CountersignError {
  return new CountersignError('store.damaged', `cannot read ${path}: ${reason(cause)}`, { facts: { path }, cause })
}

function reason(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  const help = HELP.get(systemCode(cause) ?? '')
  return help === undefined ? message : `${message} (${help})`
}
