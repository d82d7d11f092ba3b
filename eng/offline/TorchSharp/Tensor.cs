namespace TorchSharp;

public static partial class torch
{
    /// <summary>An n-dimensional array of libtorch, owned by this object.</summary>
    public partial class Tensor : IDisposable
    {
        private IntPtr handle;

        internal Tensor(IntPtr handle, bool register = true)
        {
            this.handle = handle;
            if (register) DisposeScopeManager.OfThread.Register(this);
        }

        ~Tensor() => Release();

        internal bool IsInvalid => handle == IntPtr.Zero;

        internal IntPtr Handle =>
            handle != IntPtr.Zero ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        internal DisposeScope? OwningDisposeScope { get; set; }

        public void Dispose()
        {
            Release();
            GC.SuppressFinalize(this);
        }

        public Tensor MoveToOuterDisposeScope()
        {
            if (OwningDisposeScope is not { } scope) return this;
            scope.Remove(this);
            scope.OuterScope?.Add(this);
            return this;
        }

        /// <summary>Gives the native tensor away and is empty from then on. As in the package, it stays counted.</summary>
        internal IntPtr MoveHandle()
        {
            var moved = Handle;
            handle = IntPtr.Zero;
            return moved;
        }

        private void Release()
        {
            if (handle == IntPtr.Zero) return;
            DisposeScopeManager.OfThread.CountDisposed();
            OwningDisposeScope?.Remove(this);
            Native.ts_dispose(handle);
            handle = IntPtr.Zero;
        }
    }

    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.NewDisposeScope();
}
