export { failureOf } from "./failure.ts";
export { type MadeUpAdapter, MadeUpEncoder, madeUpAdapter, type Sizes, temporaryFolder } from "./made-up.ts";
