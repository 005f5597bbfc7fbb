import { expect, onTestFinished, test, vi } from 'vitest'

test('A name is refused that every object has, and no other, whatever this process has added to every object.', async () => {
  const everyObjects = Object.getOwnPropertyNames(Object.prototype)
  Object.defineProperty(Object.prototype, 'payments', { value: 'added', configurable: true })
  onTestFinished(() => void Reflect.deleteProperty(Object.prototype, 'payments'))
  // As in a process that had it before the library was loaded.
  vi.resetModules()
  const { changeId, fieldName, inherited, teamId } = await import('./identifier.ts')
  for (const name of [teamId, fieldName, changeId]) expect(name.safeParse('payments').success).toBe(true)
  for (const name of everyObjects) expect([name, inherited(name)]).toEqual([name, true])
  expect(teamId.safeParse('constructor').success).toBe(false)
})
