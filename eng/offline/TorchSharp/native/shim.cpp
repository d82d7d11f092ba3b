// The C interface that the managed half of this stand-in calls. Tensors cross it as at::Tensor*, owned by the managed side.
// One function, ts_call, reaches every operator of ATen through its dispatcher, so that operators need no code here.
// A function that can fail returns a negative number or null, and leaves its message for ts_error.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Must agree with ArgumentKind in Native.cs.
enum class Kind : int32_t { none, tensor, integer, real, boolean, integers, tensors, optionalTensors, text, generator, slice, ellipsis };

struct Value {
    Kind kind;
    int32_t length;
    int64_t bits;
};

constexpr int64_t absent = std::numeric_limits<int64_t>::min();
thread_local std::string lastError;
thread_local std::vector<int64_t> results;

template <typename To, typename From>
To bitsAs(From bits) {
    To value;
    static_assert(sizeof value == sizeof bits, "a value crosses the interface in 64 bits");
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

const at::Tensor& tensorOf(int64_t bits) { return *reinterpret_cast<at::Tensor*>(bits); }

int64_t give(at::Tensor tensor) { return reinterpret_cast<int64_t>(new at::Tensor(std::move(tensor))); }

template <typename Body, typename Result>
Result guarded(Result failure, Body body) {
    try {
        return body();
    } catch (const c10::Error& error) {
        lastError = error.what_without_backtrace();
    } catch (const std::exception& error) {
        lastError = error.what();
    }
    return failure;
}

std::vector<at::Tensor> tensorsOf(const int64_t* handles, int32_t length) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(length);
    for (int32_t i = 0; i < length; i++) tensors.push_back(handles[i] ? tensorOf(handles[i]) : at::Tensor());
    return tensors;
}

c10::IValue valueOf(const Value& value) {
    const auto items = reinterpret_cast<const int64_t*>(value.bits);
    switch (value.kind) {
        case Kind::none: return {};
        case Kind::tensor: return tensorOf(value.bits);
        case Kind::integer: return value.bits;
        case Kind::real: return bitsAs<double>(value.bits);
        case Kind::boolean: return value.bits != 0;
        case Kind::integers: return std::vector<int64_t>(items, items + value.length);
        case Kind::tensors: return tensorsOf(items, value.length);
        case Kind::optionalTensors: {
            c10::List<c10::optional<at::Tensor>> list;
            for (int32_t i = 0; i < value.length; i++)
                list.push_back(items[i] ? c10::optional<at::Tensor>(tensorOf(items[i])) : c10::nullopt);
            return list;
        }
        case Kind::text: return std::string(reinterpret_cast<const char*>(value.bits), value.length);
        case Kind::generator: return *reinterpret_cast<at::Generator*>(value.bits);
        default: break;
    }
    throw std::invalid_argument("This kind of value is no operator's argument.");
}

void collect(const c10::IValue& value) {
    if (value.isTensor()) results.push_back(value.toTensor().defined() ? give(value.toTensor()) : 0);
    else if (value.isTensorList()) for (const at::Tensor& tensor : value.toTensorVector()) results.push_back(give(tensor));
    else if (value.isBool()) results.push_back(value.toBool());
    else if (value.isInt()) results.push_back(value.toInt());
    else if (value.isDouble()) results.push_back(bitsAs<int64_t>(value.toDouble()));
    else throw std::invalid_argument("This kind of value is no operator's result: " + value.tagKind());
}

std::vector<at::indexing::TensorIndex> indicesOf(const Value* indices, int32_t count) {
    std::vector<at::indexing::TensorIndex> list;
    for (int32_t i = 0; i < count; i++) {
        const Value& index = indices[i];
        switch (index.kind) {
            case Kind::none: list.emplace_back(at::indexing::None); break;
            case Kind::ellipsis: list.emplace_back(at::indexing::Ellipsis); break;
            case Kind::integer: list.emplace_back(index.bits); break;
            case Kind::boolean: list.emplace_back(index.bits != 0); break;
            case Kind::tensor: list.emplace_back(tensorOf(index.bits)); break;
            case Kind::slice: {
                const auto bounds = reinterpret_cast<const int64_t*>(index.bits);
                auto bound = [&](int k) { return bounds[k] == absent ? c10::nullopt : c10::optional<int64_t>(bounds[k]); };
                list.emplace_back(at::indexing::Slice(bound(0), bound(1), bound(2)));
                break;
            }
            default: throw std::invalid_argument("This kind of value is no index.");
        }
    }
    return list;
}

at::TensorOptions optionsOf(int32_t scalarType) { return at::TensorOptions().dtype(static_cast<at::ScalarType>(scalarType)); }

}  // namespace

extern "C" {

const char* ts_error() { return lastError.c_str(); }

// Operators.

const void* ts_operator(const char* name, const char* overload) {
    return guarded<>(static_cast<const void*>(nullptr), [&]() -> const void* {
        const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
        TORCH_CHECK(found.has_value(), "libtorch has no operator ", name, ".", overload);
        return new c10::OperatorHandle(*found);
    });
}

// Trailing arguments that are left out take the operator's defaults. Returns the number of results, which stay readable at
// *output until the thread's next call; with keep = 0 (an operator in place) there are none.
int32_t ts_call(const c10::OperatorHandle* op, const Value* arguments, int32_t count, uint8_t keep, const int64_t** output) {
    return guarded(int32_t(-1), [&]() -> int32_t {
        const auto& declared = op->schema().arguments();
        c10::Stack stack;
        stack.reserve(declared.size());
        for (int32_t i = 0; i < count; i++) stack.push_back(valueOf(arguments[i]));
        for (size_t i = count; i < declared.size(); i++) {
            const auto& initial = declared[i].default_value();
            stack.push_back(initial ? *initial : c10::IValue());
        }
        op->callBoxed(&stack);
        results.clear();
        if (keep) for (const auto& value : stack) collect(value);
        *output = results.data();
        return static_cast<int32_t>(results.size());
    });
}

at::Tensor* ts_index(const at::Tensor* self, const Value* indices, int32_t count) {
    return guarded<>(static_cast<at::Tensor*>(nullptr), [&] { return new at::Tensor(self->index(indicesOf(indices, count))); });
}

int32_t ts_index_put(at::Tensor* self, const Value* indices, int32_t count, const Value* value) {
    return guarded(int32_t(-1), [&] {
        if (value->kind == Kind::tensor) self->index_put_(indicesOf(indices, count), tensorOf(value->bits));
        else self->index_put_(indicesOf(indices, count), valueOf(*value).toScalar());
        return int32_t(0);
    });
}

// Memory.

at::Tensor* ts_copy_of(const void* data, const int64_t* sizes, int32_t dimensions, int32_t scalarType) {
    return guarded<>(static_cast<at::Tensor*>(nullptr), [&] {
        const auto options = optionsOf(scalarType);
        auto tensor = at::empty(at::IntArrayRef(sizes, dimensions), options);
        if (tensor.numel() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
        return new at::Tensor(tensor);
    });
}

// The tensor lies in the caller's memory; release(context) is called when nothing uses it any more.
at::Tensor* ts_alias_of(void* data, const int64_t* sizes, int32_t dimensions, int32_t scalarType, void (*release)(void*), void* context) {
    return guarded<>(static_cast<at::Tensor*>(nullptr), [&] {
        return new at::Tensor(at::from_blob(data, at::IntArrayRef(sizes, dimensions),
            [release, context](void*) { release(context); }, optionsOf(scalarType)));
    });
}

at::Tensor* ts_alias(const at::Tensor* tensor) { return new at::Tensor(*tensor); }

void ts_dispose(at::Tensor* tensor) { delete tensor; }

void* ts_data(const at::Tensor* tensor) { return guarded<>(static_cast<void*>(nullptr), [&] { return tensor->data_ptr(); }); }

// What a tensor is.

int64_t ts_dim(const at::Tensor* tensor) { return tensor->dim(); }
int64_t ts_numel(const at::Tensor* tensor) { return tensor->numel(); }
int32_t ts_dtype(const at::Tensor* tensor) { return static_cast<int32_t>(tensor->scalar_type()); }
int64_t ts_element_size(const at::Tensor* tensor) { return static_cast<int64_t>(tensor->dtype().itemsize()); }
int32_t ts_device_type(const at::Tensor* tensor) { return static_cast<int32_t>(tensor->device().type()); }
int32_t ts_device_index(const at::Tensor* tensor) { return tensor->device().index(); }
int64_t ts_storage_offset(const at::Tensor* tensor) { return tensor->storage_offset(); }
uint8_t ts_is_contiguous(const at::Tensor* tensor) { return tensor->is_contiguous(); }
uint8_t ts_is_leaf(const at::Tensor* tensor) { return tensor->is_leaf(); }
void ts_sizes(const at::Tensor* tensor, int64_t* sizes) { std::copy(tensor->sizes().begin(), tensor->sizes().end(), sizes); }
void ts_strides(const at::Tensor* tensor, int64_t* strides) { std::copy(tensor->strides().begin(), tensor->strides().end(), strides); }

// Gradients.

uint8_t ts_requires_grad(const at::Tensor* tensor) { return tensor->requires_grad(); }

int32_t ts_set_requires_grad(at::Tensor* tensor, uint8_t value) {
    return guarded(int32_t(-1), [&] { tensor->set_requires_grad(value != 0); return int32_t(0); });
}

int32_t ts_retain_grad(at::Tensor* tensor) { return guarded(int32_t(-1), [&] { tensor->retain_grad(); return int32_t(0); }); }

at::Tensor* ts_grad(const at::Tensor* tensor) { return tensor->grad().defined() ? new at::Tensor(tensor->grad()) : nullptr; }

int32_t ts_set_grad(at::Tensor* tensor, const at::Tensor* grad) {
    return guarded(int32_t(-1), [&] { tensor->mutable_grad() = grad ? *grad : at::Tensor(); return int32_t(0); });
}

uint8_t ts_grad_enabled() { return at::GradMode::is_enabled(); }
void ts_set_grad_enabled(uint8_t value) { at::GradMode::set_enabled(value != 0); }

int32_t ts_backward(const int64_t* tensors, int32_t count, const int64_t* grads, int32_t gradCount, uint8_t retain, uint8_t create,
    const int64_t* inputs, int32_t inputCount) {
    return guarded(int32_t(-1), [&] {
        torch::autograd::backward(
            tensorsOf(tensors, count), tensorsOf(grads, gradCount), retain != 0, create != 0, tensorsOf(inputs, inputCount));
        return int32_t(0);
    });
}

// The gradients stay readable at *output until the thread's next call; an input that is not used has none (0).
int32_t ts_gradients(const int64_t* outputs, int32_t count, const int64_t* inputs, int32_t inputCount,
    const int64_t* grads, int32_t gradCount, uint8_t retain, uint8_t create, uint8_t allowUnused, const int64_t** output) {
    return guarded(int32_t(-1), [&] {
        const auto gradients = torch::autograd::grad(tensorsOf(outputs, count), tensorsOf(inputs, inputCount), tensorsOf(grads, gradCount),
            retain != 0, create != 0, allowUnused != 0);
        results.clear();
        for (const at::Tensor& gradient : gradients) results.push_back(gradient.defined() ? give(gradient) : 0);
        *output = results.data();
        return static_cast<int32_t>(results.size());
    });
}

// Random numbers.

at::Generator* ts_default_generator() { return new at::Generator(at::globalContext().defaultGenerator(at::kCPU)); }
at::Generator* ts_new_generator(uint64_t seed) { return new at::Generator(at::detail::createCPUGenerator(seed)); }
void ts_dispose_generator(at::Generator* generator) { delete generator; }

void ts_seed(at::Generator* generator, int64_t seed) {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(static_cast<uint64_t>(seed));
}

int64_t ts_initial_seed(at::Generator* generator) {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    return static_cast<int64_t>(generator->current_seed());
}

at::Tensor* ts_generator_state(at::Generator* generator) {
    return guarded<>(static_cast<at::Tensor*>(nullptr), [&] {
        const std::lock_guard<std::mutex> lock(generator->mutex());
        return new at::Tensor(generator->get_state());
    });
}

int32_t ts_set_generator_state(at::Generator* generator, const at::Tensor* state) {
    return guarded(int32_t(-1), [&] {
        const std::lock_guard<std::mutex> lock(generator->mutex());
        generator->set_state(*state);
        return int32_t(0);
    });
}

// The library.

int32_t ts_num_threads() { return at::get_num_threads(); }
void ts_set_num_threads(int32_t count) { at::set_num_threads(count); }
uint8_t ts_has_cuda() { return at::globalContext().hasCUDA(); }

}  // extern "C"
