import { expect, test } from 'vitest'
import { renamed } from './renamed.ts'

test('A name is another one where the names say so, and stays where only every object would have it.', () => {
  expect(renamed({ build: 'make' }, 'build')).toBe('make')
  for (const name of ['test', 'constructor', 'toString', '__proto__'])
    expect(renamed({ build: 'make' }, name)).toBe(name)
})
