// syscall(2) as a function of JavaScript: syscall(number, ...up to six integers, BigInts or typed arrays) gives the result, or -errno.
// No header and no library: Node-API and the C library are the process's own, so that one file serves glibc and musl, and a compiler is all
// that a build needs. https://nodejs.org/api/n-api.html, https://man7.org/linux/man-pages/man2/syscall.2.html
typedef struct napi_env_ *napi_env;
typedef struct napi_value_ *napi_value;
typedef struct napi_callback_info_ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
enum { napi_ok = 0, napi_number = 3, napi_bigint = 9 };

extern int napi_get_cb_info(napi_env, napi_callback_info, unsigned long *count, napi_value *arguments, napi_value *, void **);
extern int napi_typeof(napi_env, napi_value, int *type);
extern int napi_get_value_double(napi_env, napi_value, double *);
extern int napi_get_value_bigint_int64(napi_env, napi_value, long *, _Bool *lossless);
extern int napi_get_value_bigint_uint64(napi_env, napi_value, unsigned long *, _Bool *lossless);
extern int napi_get_typedarray_info(napi_env, napi_value, int *, unsigned long *, void **data, napi_value *, unsigned long *);
extern int napi_create_int64(napi_env, long, napi_value *);
extern int napi_create_function(napi_env, const char *name, unsigned long, napi_callback, void *, napi_value *);
extern int napi_throw_type_error(napi_env, const char *code, const char *message);

extern long syscall(long number, ...);
extern int *__errno_location(void);

/** A number has to be an integer: cut off or made 0, it would mean another descriptor or process. */
static _Bool read_argument(napi_env env, napi_value value, long *into) {
  int type = -1;
  napi_typeof(env, value, &type);
  if (type == napi_number) {
    double number = 0.5;
    napi_get_value_double(env, value, &number);
    if (!(number >= -0x1p53 && number <= 0x1p53)) return 0;
    *into = (long)number;
    return *into == number;
  }
  if (type == napi_bigint) {
    _Bool lossless = 0;
    napi_get_value_bigint_int64(env, value, into, &lossless);
    if (!lossless) napi_get_value_bigint_uint64(env, value, (unsigned long *)into, &lossless);
    return lossless;
  }
  return napi_get_typedarray_info(env, value, 0, 0, (void **)into, 0, 0) == napi_ok;
}

static napi_value make_call(napi_env env, napi_callback_info info) {
  napi_value values[7], answer = 0;
  unsigned long count = 7;
  long a[7] = {0, 0, 0, 0, 0, 0, 0};
  _Bool understood = napi_get_cb_info(env, info, &count, values, 0, 0) == napi_ok && count >= 1 && count <= 7;
  for (unsigned long i = 0; understood && i < count; i++) understood = read_argument(env, values[i], &a[i]);
  if (!understood) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "syscall() takes a number and up to six integers, BigInts or typed arrays");
    return 0;
  }
  long result = syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  napi_create_int64(env, result == -1 ? -*__errno_location() : result, &answer);
  return answer;
}

#define EXPORTED __attribute__((visibility("default")))

/** BigInts came with version 6; 8 is Node-API's default. */
EXPORTED int node_api_module_get_api_version_v1(void) { return 8; }

EXPORTED napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_create_function(env, "syscall", sizeof "syscall" - 1, make_call, 0, &exports);
  return exports;
}
