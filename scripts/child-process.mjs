/** How the launcher, the build and the checks start other programs: with what those need of the environment, and no key. */
import { spawn, spawnSync } from 'node:child_process';

/** Of the machine and who runs it, also on Windows, and how Node is to run. */
const FOR_ALL =
  /^(?:PATH|PATHEXT|HOME|USER|LOGNAME|USERNAME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|SHELL|TMPDIR|TMP|TEMP|LANG|LANGUAGE|TZ|TERM|COLORTERM|NO_COLOR|FORCE_COLOR|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|(?:LC|XDG)_.*|NODE_(?:ENV|OPTIONS|PATH|EXTRA_CA_CERTS|USE_SYSTEM_CA|USE_ENV_PROXY|NO_WARNINGS|DISABLE_COLORS|COMPILE_CACHE|V8_COVERAGE))$/i;
/** npm's and pip's own settings, the way out of this network, and what the tests look for. */
const FOR_CHECKS =
  /^(?:CI|TEMPORAL_CLI_PATH|(?:HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|VIRTUAL_ENV|(?:NPM|PIP|PYTHON|PYENV|TEST|VITEST).*)$/i;

/** Whatever a name begins with; of npm's settings its own key for its registry is one. */
const SECRET = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH/i;
const NPM_SETTING = /^npm_config_/i;

/** Starts a program of the build. */
export function startProgram(program, args, options) {
  return spawn(program, args, { ...options, env: handedOn((name) => FOR_ALL.test(name)) });
}

/** Runs a program of the build to its end. */
export function runProgram(program, args, options) {
  return spawnSync(program, args, { ...options, env: handedOn((name) => FOR_ALL.test(name)) });
}

/** Runs a command of the checks in a shell to its end: npm, the tests, the demo. `env` is added. */
export function runCheck(command, { env = {}, ...options }) {
  return spawnSync(command, { ...options, shell: true, env: { ...ofChecks(), ...env } });
}

/** Starts a command of the checks in a shell. */
export function startCheck(command, options) {
  return spawn(command, { ...options, shell: true, env: ofChecks() });
}

function ofChecks() {
  return handedOn((name) => FOR_ALL.test(name) || FOR_CHECKS.test(name));
}

function handedOn(isHandedOn) {
  const isKey = (name) => SECRET.test(name) && !NPM_SETTING.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isHandedOn(name) && !isKey(name)));
}
