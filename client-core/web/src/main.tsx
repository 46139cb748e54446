import { open } from "restante-client";
import "./styles/all.css";
import { start } from "./start.tsx";
import { allowOwnWorkers } from "./trusted-types.ts";

allowOwnWorkers();
const root = document.getElementById("app");
if (root) void start(root, () => open());
