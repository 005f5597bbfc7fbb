import { unlink } from 'node:fs/promises'
import { type FileOpenings, openFileOpenings, openFileStore } from '@countersign/store-file'
import { CountersignError } from '@countersign/trail'
import type { Store } from '@countersign/trail/store'
import { createDesk, type Desk, type Refused } from 'countersign'
import { count } from '../pages/page.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'
import { terminalText } from '../shell/terminal-text.ts'
import { refuseBundle } from '../source/bundle-mark.ts'
import { addressOf, asInput, toldAs } from '../source/store-address.ts'
import { trailFile } from '../source/trail-file.ts'

interface Asked {
  readonly change: string
  readonly fields: readonly string[]
  readonly account: string
  readonly comment: string
}

/** Redacts what is asked for, and makes up for what a crash has left undone: the entry comes first, and then the deletion. */
export async function redact([trail = '']: readonly string[], options: Options, shell: Shell): Promise<number> {
  const asked = askedOf(options)
  refuseStore(trail)
  const file = await trailFile(trail)
  await refuseBundle(file)
  const done = await redactIn(file, asked, options, shell).catch(error => {
    throw asInput(error)
  })
  // Only now that no lock is held: where nobody reads on, the process ends at once.
  return done === undefined ? 1 : endWith(shell, done.told, done.elsewhere > 0 ? 3 : 0)
}

/** What it deletes lies where the desk of a store has been told to keep it. A copy of the trail has another end, and none of that. */
function refuseStore(trail: string): void {
  if (addressOf(trail).kind === 'file') return
  throw new InputError(`redact writes into a trail file and deletes beside it, and ${toldAs(trail)} is a store`, {
    hint: "Give the command to a desk on that store, with the openings that it has: desk.by('ann').redact({ change, fields, comment }). To redact in a copy deletes nothing.",
  })
}

/** What has come of it, in words, and how many values had no opening here; nothing where it was refused, which is told. */
async function redactIn(
  file: string,
  asked: Asked | undefined,
  options: Options,
  shell: Shell,
): Promise<{ readonly told: string; readonly elsewhere: number } | undefined> {
  const store = await openFileStore(file)
  try {
    if ((await store.head()).size === 0)
      throw new InputError(`${file} is no trail: it is empty`, {
        hint: 'Name the trail whose values are to be redacted.',
      })
    const openings = await openFileOpenings(file)
    try {
      const { recovered } = openings
      if (recovered !== undefined)
        shell.stderr.write(
          `countersign: cut off ${count(recovered.droppedBytes, 'byte')} at the end of ${terminalText(openings.path)}, which an interrupted write had left there. If an entry needs them, verify-trail with --openings says so.\n`,
        )
      const before = new Set(openings.commitments())
      const desk = await deskOn(store, openings, file)
      const { redacted, refused } = asked === undefined ? nothing : await redactAll(desk, asked)
      if (refused !== undefined) {
        shell.stderr.write(
          `countersign: ${terminalText(`${refused.refusal.code}: ${sentence(refused.because)} ${refused.help}`)}\n`,
        )
        return undefined
      }
      const unused = options.unused === true ? await deleteUnused(desk, openings, file) : 0
      const deleted = before.size - openings.commitments().length - unused
      const told = options.unused === true ? `, and ${unused} that no entry has come to` : ''
      const elsewhere = redacted.filter(one => !before.has(one)).length
      if (elsewhere > 0)
        shell.stderr.write(
          `countersign: ${count(elsewhere, 'value')} had no opening beside this trail. If it lies elsewhere, it can still be read there.\n`,
        )
      return { told: `${count(deleted, 'opening')} deleted${told}. ${copies}\n`, elsewhere }
    } finally {
      // Where there was nothing to delete, nothing is left beside the trail that was not there. The lock is held still.
      if (openings.isNew && openings.commitments().length === 0) await unlink(openings.path).catch(() => undefined)
      await openings.close()
    }
  } finally {
    await store.close()
  }
}

/** A desk that says what is recorded already where what it redacts cannot be deleted: the entry comes first. */
async function deskOn(store: Store, openings: FileOpenings, file: string): Promise<Desk> {
  const { size: had } = await store.head()
  const remove = async (commitments: Iterable<string>): Promise<void> => {
    try {
      await openings.delete(commitments)
    } catch (error) {
      const { size } = await store.head()
      const recorded = size > had ? `it is recorded as entry ${size - 1}` : 'it is recorded already'
      throw notDeleted(error, `${recorded}; the values can still be opened`, `countersign redact ${shellWord(file)}`)
    }
  }
  return createDesk({
    store,
    openings: { put: some => openings.put(some), get: commitment => openings.get(commitment), delete: remove },
  })
}

/** What has come of it, why it went no further, and the command that goes on: what a store advises is for a program. */
function notDeleted(error: unknown, outcome: string, again: string): unknown {
  if (!(error instanceof CountersignError)) return error
  const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException
  const first = code === 'ENOSPC' || code === 'EDQUOT' ? 'Make room' : 'Mend that'
  return new InputError(`${outcome}: ${message}`, { hint: `${first}, then ${again}`, cause: error })
}

/** With a stop behind it, unless it ends with a question already. */
const sentence = (text: string): string => (text.endsWith('?') ? text : `${text}.`)

const copies = 'Copies and backups of them are out of its reach.'

function askedOf({ change, field, account, reason }: Options): Asked | undefined {
  if (change === undefined && field === undefined && account === undefined && reason === undefined) return undefined
  const asks = (question: string) => misuse('countersign redact', question)
  if (change === undefined) throw asks('of which change? Name it with --change')
  if (field === undefined) throw asks('which field? Name it with --field')
  if (account === undefined) throw asks('who says so? Name the account with --account')
  if (reason === undefined) throw asks('why? Say it with --reason')
  return { change, fields: [...new Set(field)], account, comment: reason }
}

/** The commitments of what was redacted, and the refusal where the rest was refused. */
interface Redacted {
  readonly redacted: readonly string[]
  readonly refused?: Refused
}

const nothing: Redacted = { redacted: [] }

/** As many entries as it takes. That there is nothing left is what was asked for. */
async function redactAll(desk: Desk, { change, fields, account, comment }: Asked): Promise<Redacted> {
  const redacted: string[] = []
  for (;;) {
    const receipt = await desk.by(account).redact({ change, fields: [...fields], comment })
    if (receipt.outcome === 'accepted') {
      for (const event of receipt.events) if (event.type === 'value.redacted') redacted.push(...event.commitments)
      continue
    }
    return receipt.refusal.code === 'nothing-to-do' ? { redacted } : { redacted, refused: receipt }
  }
}

/** Nobody else writes while both are locked, so no entry is on its way that would need them. */
async function deleteUnused(desk: Desk, openings: FileOpenings, file: string): Promise<number> {
  const committed = desk.changes().flatMap(one => (one.committed ?? []).map(({ commitment }) => commitment))
  const names = Object.values(desk.governance().persons).flatMap(({ name }) =>
    typeof name === 'string' ? [] : [name.commitment],
  )
  const used = new Set([...committed, ...names])
  const unused = openings.commitments().filter(one => !used.has(one))
  await openings.delete(unused).catch(error => {
    const again = `countersign redact ${shellWord(file)} --unused`
    throw notDeleted(error, 'what no entry has come to can still be opened', again)
  })
  return unused.length
}
