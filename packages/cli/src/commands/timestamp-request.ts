import { randomBytes } from 'node:crypto'
import { timestampRequest as requestOf } from '@countersign/timestamp'
import { encodeUtf8, sha256 } from '@countersign/trail'
import { readCheckpoint } from '../files/supplied.ts'
import { createNew } from '../files/written-file.ts'
import type { Options } from '../shell/command.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { shellWord } from '../shell/shell-word.ts'

/** Writes a request for a time stamp of a checkpoint as it stands, with the signatures that it has. */
export async function timestampRequest(
  [checkpoint = '']: readonly string[],
  { out }: Options,
  shell: Shell,
): Promise<number> {
  if (out === undefined)
    throw misuse('countersign timestamp-request', 'timestamp-request needs --out: the file for the request')
  const { note } = await readCheckpoint(checkpoint)
  const nonce = BigInt(`0x${randomBytes(8).toString('hex')}`) | 1n
  await createNew(out, requestOf(sha256(encodeUtf8(note)), { nonce }), 0o644)
  return endWith(
    shell,
    `Send it to the authority, and keep what it answers beside the checkpoint:
  curl --data-binary ${shellWord(`@${out}`)} -H 'Content-Type: application/timestamp-query' -o answer.tsr <URL>
`,
  )
}
