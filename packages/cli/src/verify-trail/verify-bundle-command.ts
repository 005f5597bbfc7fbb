import { requireNew } from '../files/written-file.ts'
import { bundlePage } from '../pages/bundle-page.ts'
import { settingFor } from '../pages/page.ts'
import { jsonText } from '../shell/json-text.ts'
import { endWith, misuse } from '../shell/run.ts'
import type { Shell } from '../shell/shell.ts'
import { exitCodeOf } from '../verify/exit-code.ts'
import { writeForkProof } from '../verify/fork-proof.ts'
import { unlistedIn } from '../verify/unlisted.ts'
import { verifyBundleFile } from '../verify/verify-bundle-file.ts'
import { requireForBundle, type VerifyArguments } from './verify-arguments.ts'

/** Verifies a bundle, prints the page or the document, and gives the exit code. */
export async function verifyBundleCommand(
  asked: Extract<VerifyArguments, { trail: string }>,
  shell: Shell,
): Promise<number> {
  if (asked.policies.length > 0 || asked.snapshot !== undefined || asked.openings !== undefined)
    throw misuse(
      'verify-trail',
      'a bundle is not the whole trail: --policy, --snapshot and --openings are compared with a trail only',
    )
  requireForBundle(asked)
  if (asked.threads !== undefined)
    throw misuse('verify-trail', '--threads is for a trail; a bundle is judged on one thread')
  if (asked.forkProof !== undefined) await requireNew(asked.forkProof)
  const { trail, checkpoints, keys, witnessPolicy, timestamps, authorities, requireAnchor } = asked
  const policy = witnessPolicy === undefined ? {} : { witnessPolicy }
  const verdict = await verifyBundleFile(trail, { checkpoints, keys, timestamps, authorities, ...policy })
  const exitCode = exitCodeOf(verdict, { requireAnchor })
  const isProven = asked.forkProof !== undefined && (await writeForkProof(asked.forkProof, verdict, shell))
  const json = () =>
    `${jsonText({ schema: 'countersign/bundle-verdict/v1', exitCode, ...verdict, unlisted: unlistedIn(verdict) }, 2)}\n`
  const page = () =>
    bundlePage(
      verdict,
      { file: asked.trail, keys: asked.keys.length, forkProof: isProven },
      exitCode,
      settingFor(shell.stdout, shell.env),
    )
  return endWith(shell, asked.json ? json() : page(), exitCode)
}
