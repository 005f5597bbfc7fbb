export { type Asked, type Counted, type Debts, Metrics, type Report, type Waiting } from './metrics.ts'
export { type Spread, spreadOf } from './spread.ts'
