import { randomBytes } from 'node:crypto'
import { open, readdir, realpath, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  MAX_NAME_LENGTH,
  signerKey,
  verifierKeyOf,
  witnessKeyOf,
} from '@countersign/trail'
import { originProblem } from 'countersign'
import { makeFolder } from '../files/folder.ts'
import { createNew } from '../files/written-file.ts'
import type { Options } from '../shell/command.ts'
import { InputError } from '../shell/input-error.ts'
import { jsonText } from '../shell/json-text.ts'
import { grouped } from '../shell/number.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { terminalText } from '../shell/terminal-text.ts'

/** What moves a cursor, turns a line around or is not seen: two names that look alike would not be one. */
const unseen = /[\p{C}\p{Z}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u

/** Makes a key. The public line is printed; the secret goes into its file and nowhere else. */
export async function keygen(
  _: readonly string[],
  { name, out, witness = false }: Options,
  shell: Shell,
): Promise<number> {
  if (name === undefined) throw misuse('countersign keygen', 'for which trail? Give its name with --name')
  if (out === undefined) throw misuse('countersign keygen', 'where to? Name a folder with --out')
  requireName(name, witness)
  await requireNoTrail(out)
  await makeFolder(out, 0o700).catch(cause => {
    throw new InputError(`${out} cannot be made: ${(cause as Error).message}`, {
      hint: 'Name a folder, or a place where one can be made.',
      cause,
    })
  })
  const signer = signerKey(name, randomBytes(32))
  const vkey = formatVerifierKey(witness ? witnessKeyOf(signer) : verifierKeyOf(signer))
  const [secret, publicKey] = [join(out, 'secret'), join(out, 'vkey')]
  await createNew(secret, `${formatSignerKey(signer)}\n`, 0o600)
  try {
    await createNew(publicKey, `${vkey}\n`)
  } catch (error) {
    // A secret without its public half is of no use, and would stand in the way of the next attempt.
    await unlink(secret)
    throw error
  }
  const code = endWith(shell, `${vkey}\n`)
  const line = `countersign: the line above, in ${terminalText(publicKey)}, is for`
  const hidden = `${terminalText(secret)} is for the signer alone`
  shell.stderr.write(
    witness
      ? `${line} the policies of everybody who asks this witness. ${hidden}, and it is not shown.\n`
      : `${line} everybody who verifies what it signs. ${hidden}: nobody who writes the trail should have it, and it is not shown. For a witness, the line that goes into policies is another one, which countersign witness prints.\n`,
  )
  return code
}

/** The key of a trail has its name, so it is one with which a trail can be founded. A witness is no trail. */
function requireName(name: string, witness: boolean): void {
  const problem = witness ? undefined : originProblem(name)
  if (problem === undefined && isKeyName(name) && name.length <= MAX_NAME_LENGTH && !unseen.test(name)) return
  const [what, longest] = witness ? ['a witness', MAX_NAME_LENGTH] : ['a trail', 200]
  const because = problem === undefined ? '' : `: ${problem}`
  throw new InputError(`${jsonText(name.slice(0, 200))} cannot be the name of ${what}${because}`, {
    hint: `A name has no spaces, no + and nothing that is not seen, ${witness ? '' : 'a letter or a digit, '}and at most ${grouped(longest)} characters, such as ${witness ? 'audit.example/w1' : 'trail.example/payments'}.`,
  })
}

/**
 * Whoever writes the trail can read its folder and what lies inside of it, so no secret is put there. Which trail the key is
 * for is not known here: one by another name than `trail.jsonl` that lies further above may be a backup, and tells nothing.
 */
async function requireNoTrail(out: string): Promise<void> {
  for (const way of new Set([resolve(out), await reached(resolve(out))])) {
    for (let folder = way; ; folder = dirname(folder)) {
      const trail = await trailIn(folder, folder === way)
      if (trail !== undefined)
        throw new InputError(`${out} lies in the folder of a trail (${trail}), where no secret may be`, {
          hint: 'Name a folder that whoever writes the trail cannot read.',
        })
      if (folder === dirname(folder)) break
    }
  }
}

/** The folder with all links followed; where it is not there yet, its place in the next one above it that is. */
async function reached(folder: string): Promise<string> {
  try {
    return await realpath(folder)
  } catch {
    return folder === dirname(folder) ? folder : join(await reached(dirname(folder)), basename(folder))
  }
}

/** A trail among the files of a folder: `trail.jsonl`, or by `anyName` another one that begins as a trail does. */
async function trailIn(folder: string, anyName: boolean): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter(one => one.endsWith('.jsonl'))) {
    const path = join(folder, name)
    if (name === 'trail.jsonl' || (anyName && (await beginsAsTrail(path)))) return path
  }
  return undefined
}

const frame = '{"body":{'

async function beginsAsTrail(path: string): Promise<boolean> {
  // To open a pipe would wait for whoever writes into it.
  const found = await stat(path).catch(() => undefined)
  const handle = found?.isFile() === true ? await open(path).catch(() => undefined) : undefined
  if (handle === undefined) return false
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(frame.length), 0, frame.length, 0)
    return buffer.toString('latin1', 0, bytesRead) === frame
  } finally {
    await handle.close()
  }
}
