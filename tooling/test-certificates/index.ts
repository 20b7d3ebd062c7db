export { type Credentials, type KeyKind, makeCredentials } from "./credentials.ts";
