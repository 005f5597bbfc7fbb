import { expect, test } from 'vitest'
import { once } from './once.ts'

test('is worked out once for each object, also where it is false.', () => {
  const asked: object[] = []
  const isEmpty = once((of: object) => {
    asked.push(of)
    return Object.keys(of).length === 0
  })
  const [full, empty] = [{ a: 1 }, {}]
  expect([full, empty, full, empty].map(isEmpty)).toEqual([false, true, false, true])
  expect(isEmpty({})).toBe(true)
  expect(asked).toEqual([full, empty, {}])
})
