import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openFileStore } from '@countersign/store-file'
import { migrate, openPostgresStore } from '@countersign/store-postgres'
import { openSqliteStore } from '@countersign/store-sqlite'
import { describe, expect, it } from 'vitest'
import { errorOf, newFolder } from './trial.ts'

describe('an option that is misspelt', () => {
  const lent: unknown[] = []
  const pool = { connect: async () => Promise.reject(lent.push('a connection')) }

  it.each<[string, (options: object, folder: string) => Promise<unknown>, object]>([
    ['openFileStore', (options, folder) => openFileStore(folder, options), { readonly: true }],
    ['openSqliteStore', (options, folder) => openSqliteStore(join(folder, 'trail.db'), options), { readonly: true }],
    ['openPostgresStore', options => openPostgresStore(pool, options), { shema: 'changes' }],
    ['migrate', options => migrate(pool, options), { shema: 'changes' }],
  ])('is refused by %s before anything is opened, with the names that there are', async (where, open, options) => {
    const folder = newFolder()
    const [option = ''] = Object.keys(options)
    const error = await errorOf(open(options, folder))
    expect(error).toMatchObject({ code: 'input', facts: { where, option } })
    expect(error.message).toContain(`${where}: there is no option ${option}; those that there are: `)
    expect(readdirSync(folder)).toEqual([])
    expect(lent).toEqual([])
  })
})
