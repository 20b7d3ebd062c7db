import { buildForBrowsersToo } from "@drum/config/tsup";

export default buildForBrowsersToo(["src/index.ts", "src/picture-file/other-programs.ts"]);
