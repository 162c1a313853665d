import { aimockContract } from '../contract/aimock-contract.js';
import { faultContract } from '../contract/fault-contract.js';
import { GENERATE } from '../contract/wire-under-test.js';

faultContract(GENERATE);
aimockContract(GENERATE);
