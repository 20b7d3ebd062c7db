export { startPostgres, type TestPostgres } from "./postgres.ts";
export { findPrograms } from "./programs.ts";
