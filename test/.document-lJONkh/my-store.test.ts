import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { storeContract } from '@countersign/testing/store-contract'
import { memoryStore } from '@countersign/trail/store'

const expect = (actual: unknown) => ({ toEqual: (expected: unknown) => assert.deepEqual(actual, expected) })
// With `reopen` where a trail outlives its store, `second` where it can have two writers, and `reader` beside one writer.
storeContract('my store', { describe, test, expect }, { open: async () => memoryStore() })
