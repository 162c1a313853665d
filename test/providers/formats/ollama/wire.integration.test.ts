import { aimockContract } from '../contract/aimock-contract.js';
import { faultContract } from '../contract/fault-contract.js';
import { OLLAMA } from '../contract/wire-under-test.js';

faultContract(OLLAMA);
aimockContract(OLLAMA);
