import { f0 } from '@countersign/testing'
const s = await f0(); console.log(JSON.stringify((s.desk.governance() as any).accounts.alice))
