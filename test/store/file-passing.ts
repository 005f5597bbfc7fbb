import { type FileSystem, nodeFileSystem } from '../../packages/store-file/src/file-system.ts'

/** The calls that give no promise. */
export const isAtOnce: ReadonlySet<string> = new Set([
  'readInPlace',
  'write',
  'fstat',
  'lookAt',
  'stamp',
  'fdatasyncInPlace',
])

/** How many calls stand for the moment after which the trail is flushed. */
const MOMENT = 25

/**
 * A file system on which each call passes somebody first, who may do something else in its place. Its clock goes by these calls, so
 * that they are the same ones each time.
 */
export function passing(
  pass: (name: string, values: readonly unknown[], call: (...values: unknown[]) => unknown) => unknown,
): FileSystem {
  let calls = 0
  const due = new Map<() => void, number>()
  const system: Record<string, unknown> = {
    later: (_: number, work: () => void) => {
      due.set(work, calls + MOMENT)
      return () => due.delete(work)
    },
  }
  const { later: _, ...timeless } = nodeFileSystem
  for (const [name, method] of Object.entries(timeless)) {
    system[name] = (...values: unknown[]): unknown => {
      calls += 1
      for (const [work, at] of due) {
        if (at > calls) continue
        due.delete(work)
        queueMicrotask(work)
      }
      return pass(name, values, method as (...values: unknown[]) => unknown)
    }
  }
  return system as unknown as FileSystem
}
