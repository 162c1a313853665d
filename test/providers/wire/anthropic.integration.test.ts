import { aimockContract } from './aimock-contract.js';
import { faultContract } from './fault-contract.js';
import { MESSAGES } from './wire-under-test.js';

faultContract(MESSAGES);
aimockContract(MESSAGES);
