/** The version of this package; a test holds it equal to package.json, which would cost a read on every start. */
export const version = '0.1.0'
