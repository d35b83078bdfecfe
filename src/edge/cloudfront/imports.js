import crypto from 'crypto';
import cf from 'cloudfront';

