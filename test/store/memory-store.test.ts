import { storeContract } from '@countersign/testing/store-contract'
import { memoryStore } from '@countersign/trail/store'
import { describe, expect, test } from 'vitest'

storeContract('memoryStore', { describe, test, expect }, { open: async () => memoryStore() })
