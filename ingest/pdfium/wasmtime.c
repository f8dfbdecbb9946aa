//go:build cgo && linux && (amd64 || arm64)

#include "wasmtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// The part of Wasmtime's C API (wasm.h, wasmtime.h of version 30) that is used here.
// Its headers come with github.com/bytecodealliance/wasmtime-go, which also links the
// library, but cgo cannot name a folder of another module. They must be compared
// again with every other version of that module.

typedef struct wasm_config_t wasm_config_t;
typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasm_trap_t wasm_trap_t;
typedef struct wasm_functype_t wasm_functype_t;
typedef struct wasm_externtype_t wasm_externtype_t;
typedef struct wasm_importtype_t wasm_importtype_t;
typedef struct wasm_memorytype_t wasm_memorytype_t;
typedef struct wasm_valtype_t wasm_valtype_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_caller wasmtime_caller_t;

typedef struct { size_t size; char *data; } wasm_byte_vec_t;
typedef struct { size_t size; wasm_importtype_t **data; } wasm_importtype_vec_t;
typedef struct { size_t size; wasm_valtype_t **data; } wasm_valtype_vec_t;

typedef struct { uint64_t store_id; size_t private_; } wasmtime_func_t;
typedef struct { uint64_t store_id; size_t private_; } wasmtime_table_t;
typedef struct { uint64_t store_id; size_t private_; } wasmtime_instance_t;
typedef union { wasmtime_func_t func; wasmtime_table_t table; void *sharedmemory; } wasmtime_extern_union_t;
typedef struct { uint8_t kind; wasmtime_extern_union_t of; } wasmtime_extern_t;
enum { EXTERN_FUNC = 0, EXTERN_TABLE = 2 };

typedef union { int32_t i32; int64_t i64; double f64; wasmtime_func_t funcref; uint8_t v128[16]; } wasmtime_valunion_t;
typedef struct { uint8_t kind; wasmtime_valunion_t of; } wasmtime_val_t;
enum { VAL_FUNCREF = 5 };
typedef union { int32_t i32; int64_t i64; uint8_t v128[16]; } wasmtime_val_raw_t;
_Static_assert(sizeof(wasmtime_valunion_t) == 16 && sizeof(wasmtime_val_raw_t) == 16, "16 bytes, says wasmtime/val.h");

typedef struct {
	void *env;
	uint8_t *(*get_memory)(void *env, size_t *size, size_t *capacity);
	wasmtime_error_t *(*grow_memory)(void *env, size_t size);
	void (*finalizer)(void *);
} wasmtime_linear_memory_t;
typedef struct {
	void *env;
	wasmtime_error_t *(*new_memory)(void *env, const wasm_memorytype_t *, size_t minimum, size_t maximum, size_t reserved, size_t guard, wasmtime_linear_memory_t *out);
	void (*finalizer)(void *);
} wasmtime_memory_creator_t;
typedef wasm_trap_t *(*host_function)(void *env, wasmtime_caller_t *, wasmtime_val_raw_t *values, size_t n);

wasm_config_t *wasm_config_new(void);
wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *);
void wasm_engine_delete(wasm_engine_t *);
void wasmtime_config_max_wasm_stack_set(wasm_config_t *, size_t);
void wasmtime_config_memory_init_cow_set(wasm_config_t *, bool);
void wasmtime_config_memory_reservation_set(wasm_config_t *, uint64_t);
void wasmtime_config_cranelift_flag_set(wasm_config_t *, const char *, const char *);
void wasmtime_config_host_memory_creator_set(wasm_config_t *, wasmtime_memory_creator_t *);
wasmtime_error_t *wasmtime_module_new(wasm_engine_t *, const uint8_t *, size_t, wasmtime_module_t **);
wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *, const char *, wasmtime_module_t **);
wasmtime_error_t *wasmtime_module_serialize(wasmtime_module_t *, wasm_byte_vec_t *);
void wasmtime_module_imports(const wasmtime_module_t *, wasm_importtype_vec_t *);
void wasmtime_module_delete(wasmtime_module_t *);
void wasm_byte_vec_delete(wasm_byte_vec_t *);
void wasm_importtype_vec_delete(wasm_importtype_vec_t *);
const wasm_byte_vec_t *wasm_importtype_name(const wasm_importtype_t *);
const wasm_externtype_t *wasm_importtype_type(const wasm_importtype_t *);
const wasm_functype_t *wasm_externtype_as_functype_const(const wasm_externtype_t *);
wasm_functype_t *wasmtime_func_type(const wasmtime_context_t *, const wasmtime_func_t *);
const wasm_valtype_vec_t *wasm_functype_results(const wasm_functype_t *);
const wasm_valtype_vec_t *wasm_functype_params(const wasm_functype_t *);
uint8_t wasm_valtype_kind(const wasm_valtype_t *);
void wasm_functype_delete(wasm_functype_t *);
wasmtime_store_t *wasmtime_store_new(wasm_engine_t *, void *, void (*)(void *));
wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *);
void wasmtime_store_delete(wasmtime_store_t *);
wasmtime_context_t *wasmtime_caller_context(wasmtime_caller_t *);
void wasmtime_func_new_unchecked(wasmtime_context_t *, const wasm_functype_t *, host_function, void *, void (*)(void *), wasmtime_func_t *);
wasmtime_error_t *wasmtime_func_call_unchecked(wasmtime_context_t *, const wasmtime_func_t *, wasmtime_val_raw_t *, size_t, wasm_trap_t **);
wasmtime_error_t *wasmtime_instance_new(wasmtime_context_t *, const wasmtime_module_t *, const wasmtime_extern_t *, size_t, wasmtime_instance_t *, wasm_trap_t **);
bool wasmtime_instance_export_get(wasmtime_context_t *, const wasmtime_instance_t *, const char *, size_t, wasmtime_extern_t *);
void wasmtime_extern_delete(wasmtime_extern_t *);
bool wasmtime_table_get(wasmtime_context_t *, const wasmtime_table_t *, uint64_t, wasmtime_val_t *);
wasm_trap_t *wasmtime_trap_new(const char *, size_t);
void wasm_trap_message(const wasm_trap_t *, wasm_byte_vec_t *);
void wasm_trap_delete(wasm_trap_t *);
wasmtime_error_t *wasmtime_error_new(const char *);
void wasmtime_error_message(const wasmtime_error_t *, wasm_byte_vec_t *);
void wasmtime_error_delete(wasmtime_error_t *);

enum {
	MAX_ARGUMENTS = 8,
	MAX_FUNCTIONS = 256, // that are looked up in one instance
};

// linear is the memory of one instance: addresses are reserved for all it could ever
// reach, so that the compiled code checks no bounds, and opened as it grows.
typedef struct linear {
	memory_view view;
	memory_limit *limit;
	size_t mapped;
} linear;

struct machine {
	wasm_engine_t *engine;
	wasmtime_module_t *module;
	memory_limit limit;
	linear *newest; // memory of the instance that is being made
};

struct instance {
	wasmtime_store_t *store;
	wasmtime_context_t *context;
	wasmtime_instance_t instance;
	wasmtime_table_t table;
	linear *memory;
	bool jumping; // a longjmp is on its way to the setjmp that it ends at
	uint64_t ticks;
	uint64_t stack[MAX_ARGUMENTS];
	wasmtime_func_t stack_get, stack_restore, set_threw;
	int count;
	struct { wasmtime_func_t func; bool wide; } functions[MAX_FUNCTIONS];
};

// text makes an owned string of an error or a trap and deletes it.
static char *text(wasmtime_error_t *error, wasm_trap_t *trap) {
	wasm_byte_vec_t message = {0, NULL};
	if (error) {
		wasmtime_error_message(error, &message);
		wasmtime_error_delete(error);
	} else if (trap) {
		wasm_trap_message(trap, &message);
		wasm_trap_delete(trap);
	} else {
		return NULL;
	}
	char *out = calloc(message.size + 1, 1);
	if (out && message.size) memcpy(out, message.data, message.size);
	wasm_byte_vec_delete(&message);
	return out;
}

static uint8_t *memory_get(void *env, size_t *size, size_t *capacity) {
	linear *l = env;
	*size = l->view.size;
	*capacity = l->mapped;
	return l->view.base;
}

static wasmtime_error_t *memory_grow(void *env, size_t size) {
	linear *l = env;
	if (size > l->limit->most || size > l->mapped || mprotect(l->view.base, size, PROT_READ | PROT_WRITE) != 0) {
		l->limit->over = true;
		return wasmtime_error_new("more memory than allowed");
	}
	l->view.size = size;
	if (size > l->limit->peak) l->limit->peak = size;
	return NULL;
}

static void memory_free(void *env) {
	linear *l = env;
	munmap(l->view.base, l->mapped);
	free(l);
}

static wasmtime_error_t *memory_new(void *env, const wasm_memorytype_t *type, size_t minimum, size_t maximum, size_t reserved, size_t guard, wasmtime_linear_memory_t *out) {
	(void)type; (void)maximum;
	machine *m = env;
	linear *l = calloc(1, sizeof *l);
	if (!l) return wasmtime_error_new("no memory");
	l->limit = &m->limit;
	l->mapped = reserved + guard;
	l->view.base = mmap(NULL, l->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (l->view.base == MAP_FAILED) {
		m->limit.over = true;
		free(l);
		return wasmtime_error_new("no addresses for memory");
	}
	wasmtime_error_t *error = memory_grow(l, minimum);
	if (error) {
		memory_free(l);
		return error;
	}
	// Large pages: most documents need a few of them, instead of thousands of small ones.
	(void)madvise(l->view.base, l->mapped, MADV_HUGEPAGE); // no harm without
	m->newest = l;
	*out = (wasmtime_linear_memory_t){l, memory_get, memory_grow, memory_free};
	return NULL;
}

machine *machine_new(uint64_t most) {
	machine *m = calloc(1, sizeof *m);
	if (!m) return NULL;
	m->limit.most = most;
	wasm_config_t *config = wasm_config_new();
	wasmtime_config_max_wasm_stack_set(config, 1 << 20); // Linux gives threads 8 MB
	wasmtime_config_memory_init_cow_set(config, false);
	wasmtime_config_memory_reservation_set(config, (uint64_t)1 << 32);
	// The process reads one stranger's document and holds no secrets to be guessed at.
	wasmtime_config_cranelift_flag_set(config, "enable_table_access_spectre_mitigation", "false");
	wasmtime_memory_creator_t creator = {m, memory_new, NULL};
	wasmtime_config_host_memory_creator_set(config, &creator);
	m->engine = wasm_engine_new_with_config(config);
	return m;
}

memory_limit *machine_memory(machine *m) { return &m->limit; }

char *machine_load(machine *m, const char *file) {
	return text(wasmtime_module_deserialize_file(m->engine, file, &m->module), NULL);
}

char *machine_compile(machine *m, const uint8_t *wasm, size_t n) {
	return text(wasmtime_module_new(m->engine, wasm, n, &m->module), NULL);
}

char *machine_code(machine *m, uint8_t **code, size_t *n) {
	wasm_byte_vec_t v = {0, NULL};
	char *error = text(wasmtime_module_serialize(m->module, &v), NULL);
	if (error) return error;
	*n = v.size;
	*code = malloc(v.size);
	if (*code) memcpy(*code, v.data, v.size);
	wasm_byte_vec_delete(&v);
	return NULL;
}

void machine_free(machine *m) {
	if (m->module) wasmtime_module_delete(m->module);
	wasm_engine_delete(m->engine);
	free(m);
}

// ---- what the module imports

// at gives n bytes of memory, NULL when they are not all inside.
static uint8_t *at(instance *in, uint64_t address, uint64_t n) {
	if (!in->memory || n > in->memory->view.size || address > in->memory->view.size - n) return NULL;
	return in->memory->view.base + address;
}

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

// WASI's error numbers.
enum { SUCCESS = 0, BAD_FILE = 8, FAULT = 21 };

static wasm_trap_t *nothing(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)env; (void)caller;
	if (n) v[0].i64 = 0;
	return NULL;
}

static wasm_trap_t *no_file(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)env; (void)caller; (void)n;
	v[0].i64 = BAD_FILE;
	return NULL;
}

static wasm_trap_t *environ_sizes_get(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)caller; (void)n;
	uint8_t *count = at(env, (uint32_t)v[0].i32, 4), *size = at(env, (uint32_t)v[1].i32, 4);
	v[0].i64 = FAULT;
	if (!count || !size) return NULL;
	put32(count, 0);
	put32(size, 0);
	v[0].i64 = SUCCESS;
	return NULL;
}

// A clock that starts at the same time whenever it is looked at first, like wazero's.
static wasm_trap_t *clock_time_get(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)caller; (void)n;
	instance *in = env;
	uint64_t now = 1640995200000000000 + 1000000 * in->ticks++; // nanoseconds
	uint8_t *out = at(in, (uint32_t)v[2].i32, 8);
	v[0].i64 = out ? SUCCESS : FAULT;
	if (out) memcpy(out, &now, 8);
	return NULL;
}

// What is written to standard output and error goes nowhere.
static wasm_trap_t *fd_write(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)caller; (void)n;
	int32_t file = v[0].i32;
	uint32_t vectors = (uint32_t)v[1].i32, count = (uint32_t)v[2].i32, sum = 0;
	uint8_t *out = at(env, (uint32_t)v[3].i32, 4);
	v[0].i64 = file == 1 || file == 2 ? FAULT : BAD_FILE;
	if (v[0].i64 == BAD_FILE || !out || count > 1024) return NULL;
	for (uint32_t i = 0; i < count; i++) {
		uint8_t *p = at(env, vectors + 8 * i, 8);
		uint32_t size;
		if (!p) return NULL;
		memcpy(&size, p + 4, 4);
		sum += size;
	}
	put32(out, sum);
	v[0].i64 = SUCCESS;
	return NULL;
}

static wasm_trap_t *proc_exit(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)env; (void)caller; (void)v; (void)n;
	static const char why[] = "the module ended itself";
	return wasmtime_trap_new(why, sizeof why - 1);
}

// setjmp and longjmp as Emscripten has them: what may be jumped out of is called by
// invoke_…, which tells its caller by setThrew that it was.
static wasm_trap_t *throw_longjmp(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	(void)caller; (void)v; (void)n;
	static const char why[] = "longjmp";
	((instance *)env)->jumping = true;
	return wasmtime_trap_new(why, sizeof why - 1);
}

static wasm_trap_t *call(wasmtime_context_t *context, const wasmtime_func_t *f, wasmtime_val_raw_t *v, size_t n) {
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error = wasmtime_func_call_unchecked(context, f, v, n, &trap);
	if (!error) return trap;
	char *message = text(error, NULL);
	trap = wasmtime_trap_new(message ? message : "", message ? strlen(message) : 0);
	free(message);
	return trap;
}

static wasm_trap_t *invoke(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *v, size_t n) {
	instance *in = env;
	wasmtime_context_t *context = wasmtime_caller_context(caller);
	static const char why[] = "invoke: no such function";
	wasmtime_val_t callee;
	// The type is checked because an unchecked call of a wrong one would leave the sandbox.
	if (!wasmtime_table_get(context, &in->table, (uint32_t)v[0].i32, &callee) || callee.kind != VAL_FUNCREF || !callee.of.funcref.store_id)
		return wasmtime_trap_new(why, sizeof why - 1);
	wasm_functype_t *type = wasmtime_func_type(context, &callee.of.funcref);
	const wasm_valtype_vec_t *params = wasm_functype_params(type), *results = wasm_functype_results(type);
	bool fits = n >= 1 && n <= MAX_ARGUMENTS + 1 && results->size <= 1;
	size_t given = params->size;
	for (size_t i = 0; i < params->size; i++) fits = fits && wasm_valtype_kind(params->data[i]) == 0; // i32
	for (size_t i = 0; i < results->size; i++) fits = fits && wasm_valtype_kind(results->data[i]) == 0;
	wasm_functype_delete(type);
	// n counts the index and the arguments, or the one result if that is more.
	if (!fits || given != n - 1) return wasmtime_trap_new(why, sizeof why - 1);

	wasmtime_val_raw_t sp[1] = {{0}}, values[MAX_ARGUMENTS + 1];
	wasm_trap_t *trap = call(context, &in->stack_get, sp, 1);
	if (trap) return trap;
	memset(values, 0, sizeof values);
	memcpy(values, v + 1, (n - 1) * sizeof *v);
	trap = call(context, &callee.of.funcref, values, MAX_ARGUMENTS + 1);
	if (!trap) {
		v[0] = values[0];
		return NULL;
	}
	if (!in->jumping) return trap;
	in->jumping = false;
	wasm_trap_delete(trap);
	trap = call(context, &in->stack_restore, sp, 1);
	if (trap) return trap;
	wasmtime_val_raw_t threw[2] = {{.i64 = 1}, {.i64 = 0}};
	v[0].i64 = 0;
	return call(context, &in->set_threw, threw, 2);
}

static const struct { const char *name; host_function f; } imports[] = {
	{"environ_sizes_get", environ_sizes_get},
	{"environ_get", nothing},
	{"clock_time_get", clock_time_get},
	{"fd_write", fd_write},
	{"proc_exit", proc_exit},
	{"_emscripten_throw_longjmp", throw_longjmp},
	{"emscripten_notify_memory_growth", nothing},
};

// import is the function of that name, NULL when none is known.
static host_function import(const char *name, size_t n) {
	for (size_t i = 0; i < sizeof imports / sizeof *imports; i++)
		if (strlen(imports[i].name) == n && !memcmp(imports[i].name, name, n)) return imports[i].f;
	if (n > 7 && !memcmp(name, "invoke_", 7)) return invoke;
	if (n > 3 && (!memcmp(name, "fd_", 3) || (n > 5 && !memcmp(name, "path_", 5)))) return no_file;
	if (n > 3 && !memcmp(name + n - 3, "_CB", 3)) return nothing; // to a viewer, which is not there
	return NULL;
}

// ---- instances

static bool export(instance *in, const char *name, uint8_t kind, wasmtime_extern_t *out) {
	if (!wasmtime_instance_export_get(in->context, &in->instance, name, strlen(name), out)) return false;
	if (out->kind == kind) return true;
	wasmtime_extern_delete(out);
	return false;
}

char *instance_new(machine *m, instance **out) {
	char *failed = NULL;
	wasm_importtype_vec_t types = {0, NULL};
	wasmtime_extern_t *given = NULL;
	instance *in = calloc(1, sizeof *in);
	if (!in) return strdup("no memory");
	in->store = wasmtime_store_new(m->engine, NULL, NULL);
	in->context = wasmtime_store_context(in->store);
	wasmtime_module_imports(m->module, &types);
	given = calloc(types.size + 1, sizeof *given);
	if (!given) failed = strdup("no memory");
	for (size_t i = 0; !failed && i < types.size; i++) {
		const wasm_byte_vec_t *name = wasm_importtype_name(types.data[i]);
		const wasm_functype_t *type = wasm_externtype_as_functype_const(wasm_importtype_type(types.data[i]));
		host_function f = import(name->data, name->size);
		if (!f || !type) {
			char why[128];
			snprintf(why, sizeof why, "the module wants %.*s, which is not known", (int)(name->size < 80 ? name->size : 80), name->data);
			failed = strdup(why);
			break;
		}
		given[i].kind = EXTERN_FUNC;
		wasmtime_func_new_unchecked(in->context, type, f, in, NULL, &given[i].of.func);
	}
	if (!failed) {
		wasm_trap_t *trap = NULL;
		m->newest = NULL;
		failed = text(wasmtime_instance_new(in->context, m->module, given, types.size, &in->instance, &trap), NULL);
		if (!failed) failed = text(NULL, trap);
		in->memory = m->newest;
	}
	free(given);
	wasm_importtype_vec_delete(&types);
	wasmtime_extern_t table, get, restore, threw;
	if (!failed) {
		if (in->memory && export(in, "__indirect_function_table", EXTERN_TABLE, &table) && export(in, "emscripten_stack_get_current", EXTERN_FUNC, &get) &&
				export(in, "_emscripten_stack_restore", EXTERN_FUNC, &restore) && export(in, "setThrew", EXTERN_FUNC, &threw)) {
			in->table = table.of.table;
			in->stack_get = get.of.func;
			in->stack_restore = restore.of.func;
			in->set_threw = threw.of.func;
		} else {
			failed = strdup("the module exports no table or no stack");
		}
	}
	if (failed) {
		instance_free(in);
		return failed;
	}
	*out = in;
	return NULL;
}

int instance_find(instance *in, const char *name) {
	wasmtime_extern_t found;
	if (in->count == MAX_FUNCTIONS || !export(in, name, EXTERN_FUNC, &found)) return -1;
	wasm_functype_t *type = wasmtime_func_type(in->context, &found.of.func);
	const wasm_valtype_vec_t *params = wasm_functype_params(type), *results = wasm_functype_results(type);
	bool fits = params->size <= MAX_ARGUMENTS && results->size <= 1;
	uint8_t kind = results->size ? wasm_valtype_kind(results->data[0]) : 1;
	wasm_functype_delete(type);
	if (!fits) return -1;
	in->functions[in->count].func = found.of.func;
	in->functions[in->count].wide = kind == 1 || kind == 3; // i64, f64
	return in->count++;
}

uint64_t *instance_stack(instance *in) { return in->stack; }

char *instance_call(instance *in, int function) {
	wasmtime_val_raw_t values[MAX_ARGUMENTS];
	for (int i = 0; i < MAX_ARGUMENTS; i++) values[i].i64 = (int64_t)in->stack[i];
	wasm_trap_t *trap = NULL;
	wasmtime_error_t *error = wasmtime_func_call_unchecked(in->context, &in->functions[function].func, values, MAX_ARGUMENTS, &trap);
	if (error || trap) {
		char *message = text(error, trap);
		return message ? message : strdup("trap");
	}
	in->stack[0] = in->functions[function].wide ? (uint64_t)values[0].i64 : (uint32_t)values[0].i32;
	return NULL;
}

memory_view *instance_memory(instance *in) { return &in->memory->view; }

void instance_free(instance *in) {
	if (in->store) wasmtime_store_delete(in->store);
	free(in);
}
