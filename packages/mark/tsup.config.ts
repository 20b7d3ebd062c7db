import { build } from "@drum/config/tsup";

export default build(["src/index.ts"]);
