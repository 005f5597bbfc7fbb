import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A module where the library's own packages can be found by name. */
export function moduleFile(code: string, name = 'policy.ts'): string {
  const folder = mkdtempSync(join(root, 'test', '.lint-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(root, 'test', 'node_modules', 'zod'), join(folder, 'node_modules', 'zod'))
  writeFileSync(join(folder, name), code)
  return join(folder, name)
}

/** How a module of a policy begins. */
export const words = `import { any, approval, approvals, approvedBeforeRelease, category, controls, policy, release, role } from 'countersign/policy'
const one = approvals(1).from(role('owner'))
const live = release('live', { by: role('owner') })
export const house = controls('house', { 'H-1': approvedBeforeRelease().because('nothing goes live unapproved') })
const write = (...flow) => policy('t', { complies: house, roles: { owner: 'owns it' } }, { normal: category({ flow }) })
`

/** And how it ends. */
export const peer = "export default write(approval('peer', one), live)"
