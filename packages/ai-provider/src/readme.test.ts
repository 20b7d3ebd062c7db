import { join } from "node:path";
import { testReadme } from "@drum/test-files/readme-examples";

testReadme(join(import.meta.dirname, ".."));
