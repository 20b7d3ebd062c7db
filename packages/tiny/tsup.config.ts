import { buildForBrowsersToo } from "@drum/config/tsup";

export default buildForBrowsersToo(["src/index.ts", "src/files.ts"], {}, ["src/index.ts"]);
