import { InputError } from './input-error.ts'

/** Refuses a Node that lacks what is used here: it would fail somewhere in the middle of the work, with other words. */
export function requireEngine(version: string = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  throw new InputError(`this is Node ${version}, which is too old`, {
    hint: 'It takes Node 22.18, 24.11, 26 or newer.',
  })
}
