import { aimockContract } from './aimock-contract.js';
import { faultContract } from './fault-contract.js';
import { OLLAMA } from './wire-under-test.js';

faultContract(OLLAMA);
aimockContract(OLLAMA);
