import { buildForBrowsersToo } from "@drum/config/tsup";

// Rollup, which `treeshake` stands for, would write the attribute of the JSON's import by its withdrawn name, `assert`.
export default buildForBrowsersToo(["src/index.ts"], { external: ["../vocabulary.json"], treeshake: false });
