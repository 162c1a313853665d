import { aimockContract } from './aimock-contract.js';
import { faultContract } from './fault-contract.js';
import { GENERATE } from './wire-under-test.js';

faultContract(GENERATE);
aimockContract(GENERATE);
