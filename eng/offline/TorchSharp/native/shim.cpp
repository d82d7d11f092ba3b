// The C interface that the managed half of this stand-in calls. Tensors cross it as at::Tensor*, owned by the managed side.
// One function, ts_call, reaches every operator of ATen through its dispatcher, so that operators need no code here.
// A function that can fail returns a negative number or null, and leaves its message for ts_error.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Must agree with ArgumentKind in Native.cs.
enum class Kind : int32_t { none, tensor, integer, real, boolean, integers, tensors, text };

struct Value {
    Kind kind;
    int32_t length;
    int64_t bits;
};

thread_local std::string lastError;

template <typename To, typename From>
To bitsAs(From bits) {
    To value;
    static_assert(sizeof value == sizeof bits, "a value crosses the interface in 64 bits");
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

const at::Tensor& tensorOf(int64_t bits) { return *reinterpret_cast<at::Tensor*>(bits); }

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
    for (int32_t i = 0; i < length; i++) tensors.push_back(tensorOf(handles[i]));
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
        case Kind::text: return std::string(reinterpret_cast<const char*>(value.bits), value.length);
    }
    throw std::invalid_argument("This is no kind of value.");
}

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

// Trailing arguments that are left out take the operator's defaults. The result goes to results: none is taken from an operator in
// place, one from most, and as many as there must be from one that gives a list of tensors.
int32_t ts_call(const c10::OperatorHandle* op, const Value* arguments, int32_t count, at::Tensor** results, int32_t resultCount) {
    return guarded(int32_t(-1), [&] {
        const auto& declared = op->schema().arguments();
        c10::Stack stack;
        stack.reserve(declared.size());
        for (int32_t i = 0; i < count; i++) stack.push_back(valueOf(arguments[i]));
        for (size_t i = count; i < declared.size(); i++) {
            const auto& initial = declared[i].default_value();
            stack.push_back(initial ? *initial : c10::IValue());
        }
        op->callBoxed(&stack);
        if (resultCount == 0) return int32_t(0);
        const auto& result = stack.front();
        const auto list = result.isTensor() ? std::vector<at::Tensor>{result.toTensor()} : result.toTensorVector();
        TORCH_CHECK(list.size() == static_cast<size_t>(resultCount), "the operator gave ", list.size(), " tensors, not ", resultCount);
        for (const auto& tensor : list) *results++ = new at::Tensor(tensor);
        return int32_t(0);
    });
}

// Memory.

at::Tensor* ts_copy_of(const void* data, const int64_t* sizes, int32_t dimensions, int32_t scalarType) {
    return guarded<>(static_cast<at::Tensor*>(nullptr), [&] {
        auto tensor = at::empty(at::IntArrayRef(sizes, dimensions), static_cast<at::ScalarType>(scalarType));
        if (tensor.numel() > 0) std::memcpy(tensor.data_ptr(), data, tensor.nbytes());
        return new at::Tensor(tensor);
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
uint8_t ts_is_contiguous(const at::Tensor* tensor) { return tensor->is_contiguous(); }
void ts_sizes(const at::Tensor* tensor, int64_t* sizes) { std::copy(tensor->sizes().begin(), tensor->sizes().end(), sizes); }
void ts_strides(const at::Tensor* tensor, int64_t* strides) { std::copy(tensor->strides().begin(), tensor->strides().end(), strides); }

// Gradients.

int32_t ts_set_requires_grad(at::Tensor* tensor, uint8_t value) {
    return guarded(int32_t(-1), [&] { tensor->set_requires_grad(value != 0); return int32_t(0); });
}

at::Tensor* ts_grad(const at::Tensor* tensor) { return tensor->grad().defined() ? new at::Tensor(tensor->grad()) : nullptr; }

int32_t ts_set_grad(at::Tensor* tensor, const at::Tensor* grad) {
    return guarded(int32_t(-1), [&] { tensor->mutable_grad() = grad ? *grad : at::Tensor(); return int32_t(0); });
}

uint8_t ts_grad_enabled() { return at::GradMode::is_enabled(); }
void ts_set_grad_enabled(uint8_t value) { at::GradMode::set_enabled(value != 0); }

int32_t ts_backward(const at::Tensor* tensor, const int64_t* grads, int32_t gradCount, uint8_t retain, uint8_t create,
    const int64_t* inputs, int32_t inputCount) {
    return guarded(int32_t(-1), [&] {
        torch::autograd::backward({*tensor}, tensorsOf(grads, gradCount), retain != 0, create != 0, tensorsOf(inputs, inputCount));
        return int32_t(0);
    });
}

// The gradients for the inputs go to results; an input that no output was made with has none, if that is allowed.
int32_t ts_gradients(const int64_t* outputs, int32_t outputCount, const int64_t* inputs, int32_t inputCount, const int64_t* grads,
    int32_t gradCount, uint8_t retain, uint8_t create, uint8_t allowUnused, at::Tensor** results) {
    return guarded(int32_t(-1), [&] {
        const auto gradients = torch::autograd::grad(tensorsOf(outputs, outputCount), tensorsOf(inputs, inputCount),
            tensorsOf(grads, gradCount), retain != 0, create != 0, allowUnused != 0);
        for (int32_t i = 0; i < inputCount; i++) results[i] = gradients[i].defined() ? new at::Tensor(gradients[i]) : nullptr;
        return int32_t(0);
    });
}

// The library.

void ts_seed(int64_t seed) { at::manual_seed(static_cast<uint64_t>(seed)); }
int32_t ts_num_threads() { return at::get_num_threads(); }
void ts_set_num_threads(int32_t count) { at::set_num_threads(count); }

}  // extern "C"
