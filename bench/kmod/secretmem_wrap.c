// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives memfd_secret(2) a memory type: /dev/secretmem, see secretmem_wrap.h.
 *
 * The kernel's own secret memory is wrapped, not built again: mmap() puts the secret
 * file in the place of the device's, calls that file's own handler and, for the mode
 * UNCACHED, changes the protection that the kernel's fault handler will use. Faults,
 * removal from the direct map, refusal of get_user_pages(), wiping and accounting stay
 * the running kernel's, so that the two modes differ by the memory type alone. No
 * operation of the mapping leads back here: it outlives the file and the module.
 *
 * vm_ops must stay what the kernel's handler has set: get_user_pages() knows secret
 * memory by it. VM_DONTEXPAND must not be added: mmap_region() would then clear the
 * VM_LOCKED that the handler has set.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "secretmem_wrap.h"

#ifndef CONFIG_X86_64
#error "secretmem_wrap knows the page tables of x86-64 only"
#endif

/* Set once per open file, then read without a lock. */
struct secret {
	struct file *memory;	 /* the memfd_secret(2) */
	struct mm_struct *owner; /* whoever has set the mode */
	bool uncached;
};

static struct secret *secret_of(struct file *file)
{
	/* Pairs with cmpxchg() in set_mode(). */
	return smp_load_acquire(&file->private_data);
}

/* misc_open() has left its own pointer there. */
static int wrap_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;
	return 0;
}

static void secret_free(struct secret *secret)
{
	mmdrop(secret->owner);
	fput(secret->memory);
	kfree(secret);
}

static int wrap_release(struct inode *inode, struct file *file)
{
	struct secret *secret = secret_of(file);

	if (secret)
		secret_free(secret);
	return 0;
}

/*
 * Mapped by itself the memfd would be cached, beside our own mapping of the same pages. Shared
 * mappings that may be written to, which those of secret memory are, are counted in
 * i_mmap_writable, and refused where that is negative (mapping_map_writable(), as for sealed
 * memfds: 4bb5f5d9395b, "mm: allow drivers to prevent new writable mappings", Linux 3.17). Ours
 * are only counted: so many of them leave it negative.
 */
#define MOST_OF_OURS (1 << 24)

static int deny_mapping(struct address_space *mapping)
{
	return atomic_cmpxchg(&mapping->i_mmap_writable, 0, -MOST_OF_OURS) ? -EBUSY : 0;
}

static void allow_mapping(struct address_space *mapping)
{
	atomic_add(MOST_OF_OURS, &mapping->i_mmap_writable);
}

/*
 * vma_is_secretmem() and secretmem_aops are not for modules; the magic number is. Pages come only
 * through mappings, so that there will be none but ours once these are denied.
 */
static int take_memory(struct file *memory)
{
	int err;

	if (file_inode(memory)->i_sb->s_magic != SECRETMEM_MAGIC)
		return -EINVAL;
	err = deny_mapping(memory->f_mapping);
	if (err)
		return err;
	if (!mapping_mapped(memory->f_mapping) && !memory->f_mapping->nrpages)
		return 0;
	allow_mapping(memory->f_mapping);
	return -EBUSY;
}

static int set_mode(struct file *file, unsigned int fd, bool uncached)
{
	struct file *memory;
	struct secret *secret;
	int err;

	if (secret_of(file))
		return -EINVAL;
	memory = fget(fd);
	if (!memory)
		return -EBADF;
	err = take_memory(memory);
	if (err)
		goto put;
	secret = kmalloc(sizeof(*secret), GFP_KERNEL);
	if (!secret) {
		err = -ENOMEM;
		goto allow;
	}
	mmgrab(current->mm);
	*secret = (struct secret){ memory, current->mm, uncached };
	/* Of two threads that set a mode at the same time one is the second. */
	if (cmpxchg(&file->private_data, NULL, secret)) {
		allow_mapping(memory->f_mapping);
		secret_free(secret);
		return -EINVAL;
	}
	return 0;
allow:
	allow_mapping(memory->f_mapping);
put:
	fput(memory);
	return err;
}

#ifdef HAS_VFS_MMAP
#define call_mmap vfs_mmap
#endif

static void refuse_exec(struct vm_area_struct *vma)
{
#ifdef HAS_VM_FLAGS_CLEAR
	vm_flags_clear(vma, VM_MAYEXEC);
#else
	vma->vm_flags &= ~VM_MAYEXEC;
#endif
}

/* The mount of secret memory is MNT_NOEXEC; do_mmap() has looked at the device's instead. */
static int wrap_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct secret *secret = secret_of(file);
	int err;

	if (!secret)
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	refuse_exec(vma);
	vma_set_file(vma, secret->memory);
	err = call_mmap(secret->memory, vma);
	if (!err && secret->uncached)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return err;
}

/*
 * The caller's entry for a 4K page, 0 where there is none. Secret memory has no others. The lock of
 * the mm keeps the mapping, not its tables: since 6375e95f381e ("mm: pgtable: reclaim empty PTE
 * page in madvise(MADV_DONTNEED)"), Linux 6.14, an empty one is freed under that very lock, after a
 * grace period. So each level is read once, and RCU is held for all of them.
 */
static u64 pte_at(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgdp = pgd_offset(mm, addr), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;

	if (pgd_none(pgd) || pgd_bad(pgd))
		return 0;
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d) || p4d_bad(p4d))
		return 0;
	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	if (pud_none(pud) || pud_bad(pud))
		return 0;
	pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = READ_ONCE(*pmdp);
	if (pmd_none(pmd) || pmd_bad(pmd))
		return 0;
	return pte_val(READ_ONCE(*pte_offset_kernel(&pmd, addr)));
}

static int probe_pte(struct file *memory, struct secretmem_probe *probe)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err = -EINVAL;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, probe->addr);
	if (vma && vma->vm_file == memory) {
		rcu_read_lock();
		probe->pte = pte_at(mm, probe->addr);
		rcu_read_unlock();
		err = probe->pte & _PAGE_PRESENT ? 0 : -ENXIO;
	}
	mmap_read_unlock(mm);
	return err;
}

/*
 * The page may go meanwhile, if its owner wants to deceive itself; what is read then is
 * of no consequence: flags, and one byte that goes nowhere.
 */
static void probe_direct_map(struct secretmem_probe *probe)
{
	void *alias = __va(PFN_PHYS(pte_pfn(__pte(probe->pte))));
	unsigned int level = 0;
	pte_t *entry = lookup_address((unsigned long)alias, &level);
	u8 byte;

	probe->direct_map = entry ? pte_val(READ_ONCE(*entry)) : 0;
	probe->direct_map_level = entry ? level : 0;
	probe->nofault = copy_from_kernel_nofault(&byte, alias, sizeof(byte));
	memzero_explicit(&byte, sizeof(byte));
}

static int wrap_probe(struct file *file, struct secretmem_probe __user *arg)
{
	struct secret *secret = secret_of(file);
	struct secretmem_probe probe = { 0 };
	int err;

	if (!secret)
		return -EINVAL;
	if (secret->owner != current->mm)
		return -EPERM;
	if (get_user(probe.addr, &arg->addr))
		return -EFAULT;
	err = probe_pte(secret->memory, &probe);
	if (err)
		return err;
	probe_direct_map(&probe);
	if (!capable(CAP_SYS_ADMIN)) {
		probe.pte &= PTE_FLAGS_MASK;
		probe.direct_map &= PTE_FLAGS_MASK;
	}
	return copy_to_user(arg, &probe, sizeof(probe)) ? -EFAULT : 0;
}

static long wrap_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case MFD_SECRET_EXCLUSIVE:
	case MFD_SECRET_UNCACHED:
		return set_mode(file, arg, cmd == MFD_SECRET_UNCACHED);
	case MFD_SECRET_PROBE:
		return wrap_probe(file, (struct secretmem_probe __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations wrap_fops = {
	.owner = THIS_MODULE,
	.open = wrap_open,
	.release = wrap_release,
	.mmap = wrap_mmap,
	.unlocked_ioctl = wrap_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice wrap_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "secretmem",
	.fops = &wrap_fops,
	.mode = 0600,
};
module_misc_device(wrap_device);

MODULE_DESCRIPTION("memory types for memfd_secret(2)");
MODULE_AUTHOR("secretmem-bench");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
