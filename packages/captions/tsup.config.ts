import { buildForBrowsersToo } from "@drum/config/tsup";

const FOR_BROWSERS = ["src/index.ts", "src/metadata.ts", "src/transformers.ts"];

export default buildForBrowsersToo([...FOR_BROWSERS, "src/node.ts"], {}, FOR_BROWSERS);
