export { timestampRequest } from './request.ts'
export { type Timestamp, type TimestampFault, type TimestampFaultCode, verifyTimestamp } from './verify.ts'
