export { type Fault, type JsonServer, type Seen, startJsonServer } from "./json-server.ts";
