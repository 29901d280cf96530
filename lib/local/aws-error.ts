/** What an AWS service answers instead of a result: a code that clients switch on, one sentence, an HTTP status. Holds no secret value. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly httpStatus: number;

  constructor(code: string, message: string, httpStatus = 400) {
    super(message);
    this.code = code;
    this.httpStatus = httpStatus;
  }
}

export const invalidRequest = (message: string) => new AwsError('InvalidRequestException', message);
export const invalidParameter = (message: string) => new AwsError('InvalidParameterException', message);
export const notFound = (message: string) => new AwsError('ResourceNotFoundException', message);
export const exists = (message: string) => new AwsError('ResourceExistsException', message);
export const notValid = (message: string) => new AwsError('ValidationException', message);
